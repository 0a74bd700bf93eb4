"""Steps put together: everything again beside what is shown, watched folders, the weekly pass."""
