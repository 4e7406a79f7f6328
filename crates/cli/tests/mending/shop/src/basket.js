/** Adds up what is in a basket, in cents. */
function basket(lines) {
  return { total: lines.reduce((sum, line) => sum + line.price * line.count, 0) };
}

module.exports = { basket };
