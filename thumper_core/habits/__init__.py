"""What deer do, and when: sun and weather, effects with their intervals, two deer, the ground of one."""
