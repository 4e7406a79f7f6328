const jwt = require('jsonwebtoken');

const JWT_SECRET = process.env.JWT_SECRET || 'dev-secret-change-me';

// Links in mails let the customer see one invoice for a week.
exports.issue = (invoice) =>
  jwt.sign({ invoice: invoice.id }, JWT_SECRET, { expiresIn: '7d' });

exports.read = (token) => jwt.verify(token, JWT_SECRET, { algorithms: ['HS256'] });
