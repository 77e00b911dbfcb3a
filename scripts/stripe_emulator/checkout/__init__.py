"""The buyer's side of Checkout: the form in the browser, paying, 3-D Secure, bank debits, expiry."""
