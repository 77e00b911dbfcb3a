/**
 * Money as the API sends it: integer minor units and an ISO 4217 currency. Nothing here counts in floats: the
 * decimal point is put into the digits, and Intl formats the digits.
 */

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

/** An amount for a person: (14999, "usd") is "$149.99" in English. */
export function formatMoney(minorUnits, currency, locale) {
  return formatter(currency, locale).format(decimalOf(minorUnits, currency));
}

/** A course's decimal price (149.99 or "149.99") for a person. */
export function formatPrice(price, currency, locale) {
  return formatter(currency, locale).format(String(price));
}

function formatter(currency, locale = "en-US") {
  return new Intl.NumberFormat(locale, { style: "currency", currency: currency.toUpperCase() });
}
