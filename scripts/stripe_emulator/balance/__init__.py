"""What moves money on the account's balance: charges, refunds, disputes."""
