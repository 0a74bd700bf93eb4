"""What must and what cannot be one animal: tracklets, journeys, verdicts."""
