"""What requests cost, and what may still be spent: `prices` (data), `budget` (limits), `ledger`."""
