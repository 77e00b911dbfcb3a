"""Which paths Stripe serves, as far as their first segment shows: others get Stripe's own 404."""

_V1_RESOURCES = """
account account_links account_sessions accounts apple_pay application_fees apps balance balance_settings
balance_transactions billing billing_portal charges checkout climate confirmation_tokens country_specs coupons
credit_notes customer_sessions customers disputes entitlements ephemeral_keys events exchange_rates file_links
files financial_connections forwarding identity invoice_payments invoice_rendering_templates invoiceitems
invoices issuing mandates payment_attempt_records payment_intents payment_links payment_method_configurations
payment_method_domains payment_methods payment_records payouts plans prices product_catalog products
promotion_codes quotes radar refunds reporting reviews setup_attempts setup_intents shipping_rates sigma sources
subscription_items subscription_schedules subscriptions tax tax_codes tax_ids tax_rates terminal test_helpers
tokens topups transfers treasury webhook_endpoints
"""
_V1 = frozenset(_V1_RESOURCES.split())
_V2 = frozenset({"billing", "commerce", "core", "data", "iam", "money_management", "payments", "reporting", "tax"})


def is_stripe_path(path: str) -> bool:
    """Whether Stripe has an API resource of that name, whatever the method and the rest of the path."""
    _, version, resource, *_ = [*path.split("/"), "", "", ""]
    return (version == "v1" and resource in _V1) or (version == "v2" and resource in _V2)
