"""What cameras print into their photos: where the strip is, read by OCR, understood, checked, kept."""
