"""The currencies that Stripe takes, and the smallest and largest charge in each. Amounts are in minor units."""

from scripts.stripe_emulator.errors import invalid

_SUPPORTED = """
usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd btn bwp byn bzd cad cdf
chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel ghs gip gmd gnf gtq gyd hkd hnl htg huf
idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur
mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek
sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar
zmw
"""
SUPPORTED = frozenset(_SUPPORTED.split())
ZERO_DECIMAL = frozenset(
    {"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
)
LARGEST = 99_999_999
_SMALLEST = {
    "aed": 200,
    "bgn": 100,
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "thb": 1000,
}
_SMALLEST_OF_OTHERS = 50
_SIGNS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥"}


def check_currency(currency: str, param: str = "currency") -> None:
    """Raises StripeError for a code that is none of Stripe's currencies. Upper and lower case are the same."""
    if currency.lower() not in SUPPORTED:
        listed = ", ".join(["usd", *sorted(SUPPORTED - {"usd"})])
        raise invalid(f"Invalid currency: {currency[:20]}. Stripe currently supports these currencies: {listed}", param)


def smallest_charge(currency: str) -> int:
    """The least that Stripe charges in a currency."""
    return _SMALLEST.get(currency, _SMALLEST_OF_OTHERS)


def in_words(amount: int, currency: str) -> str:
    """An amount as some error messages spell it: `0.50 usd`."""
    return f"{_major(amount, currency)} {currency}"


def with_sign(amount: int, currency: str) -> str:
    """An amount as other error messages spell it: `$0.50`, or `2.50 dkk` where there is no sign."""
    sign = _SIGNS.get(currency)
    return f"{sign}{_major(amount, currency)}" if sign else in_words(amount, currency)


def _major(amount: int, currency: str) -> str:
    return str(amount) if currency in ZERO_DECIMAL else f"{amount // 100}.{amount % 100:02d}"
