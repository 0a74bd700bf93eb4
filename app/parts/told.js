// What goes before every part: texts in the reader's language.
// A text in the reader's language, of data.told, with values in the places of their names.
let words = {};
const told = (text, values = {}) => (words[text] ?? text).replace(/\{(\w+)\}/g, (_, name) => values[name]);
