"""Which deer is which: links, a space, a witness, a scale and a tree; tables in, tables out, no disk."""
