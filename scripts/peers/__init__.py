"""AWS's and Stripe's own emulators, DynamoDB Local and stripe-mock, to run tests over beside ours."""
