"""One function per figure: plain tables or arrays in, a Plotly figure out."""
