"""What to ask a person next, and how sure the herd is after what was answered; pure, no disk."""
