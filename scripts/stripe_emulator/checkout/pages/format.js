// Pure helpers of the checkout form.

/** Minor units as people write them, in the currency's own number of decimals. */
export function money(amount, currency, locale = "en-US") {
  const format = new Intl.NumberFormat(locale, { style: "currency", currency: currency.toUpperCase() });
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

/** Card digits in groups: 4-6-5 for American Express, fours otherwise. */
export function groupCard(typed) {
  const digits = typed.replace(/\D/g, "").slice(0, 19);
  const groups = /^3[47]/.test(digits) ? [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10)] : digits.match(/.{1,4}/g) ?? [];
  return groups.filter(Boolean).join(" ");
}

/** "1234" becomes "12 / 34"; a first digit above 1 is a month by itself. */
export function groupExpiry(typed, deleting = false) {
  let digits = typed.replace(/\D/g, "").slice(0, 4);
  if (/^[2-9]/.test(digits)) digits = `0${digits}`.slice(0, 4);
  if (digits.length < 2 || (digits.length === 2 && deleting)) return digits;
  return `${digits.slice(0, 2)} / ${digits.slice(2)}`;
}

/** The brand that the first digits show, or an empty string. */
export function brandOf(typed) {
  const digits = typed.replace(/\D/g, "");
  if (/^4/.test(digits)) return "VISA";
  if (/^(5[1-5]|2[2-7])/.test(digits)) return "Mastercard";
  if (/^3[47]/.test(digits)) return "AMEX";
  return /^6/.test(digits) ? "Discover" : "";
}
