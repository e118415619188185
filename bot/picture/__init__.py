"""The path as an image, made to be read on a phone, and the words that stand for it."""
