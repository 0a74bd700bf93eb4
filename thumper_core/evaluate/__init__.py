"""Truths, and how far results are from them: detectors, embedders, herds, scene leak."""
