const { Router } = require('express');

exports.invoices = Router();

// PDF comes later.
exports.renderPdf = async function renderPdf(invoice) {
  throw new Error('Not implemented');
};
