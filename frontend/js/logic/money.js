/**
 * Money as the API sends it: integer minor units and an ISO 4217 currency. Nothing here counts in floats: the
 * decimal point is put into the digits, and Intl formats the digits.
 */

/* As wide as a plus; and screen readers say "minus" for it, where they may pass over the hyphen that Intl writes. */
const MINUS = "\u2212";

/** How many digits of the smallest unit stand behind the decimal point: 2 for USD, 0 for JPY, 3 for KWD. */
export function exponentOf(currency) {
  return formatter(currency).resolvedOptions().maximumFractionDigits;
}

/** The digits with their decimal point: (14999, "usd") is "149.99". Throws RangeError unless given whole units. */
export function decimalOf(minorUnits, currency) {
  if (!Number.isSafeInteger(minorUnits)) throw new RangeError(`not a whole amount: ${minorUnits}`);
  const exponent = exponentOf(currency);
  const sign = minorUnits < 0 ? "-" : "";
  const digits = String(Math.abs(minorUnits)).padStart(exponent + 1, "0");
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** An amount for a person: (14999, "usd") is "$149.99" in English, (-3000, "usd") is "−$30.00". */
export function formatMoney(minorUnits, currency, locale) {
  return formatPrice(decimalOf(minorUnits, currency), currency, locale);
}

/** A course's decimal price (149.99 or "149.99") for a person. */
export function formatPrice(price, currency, locale) {
  const parts = formatter(currency, locale).formatToParts(String(price));
  return parts.map(({ type, value }) => (type === "minusSign" ? value.replace("-", MINUS) : value)).join("");
}

function formatter(currency, locale = "en-US") {
  return new Intl.NumberFormat(locale, { style: "currency", currency: currency.toUpperCase() });
}
