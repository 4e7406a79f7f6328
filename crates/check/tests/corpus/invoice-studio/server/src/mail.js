const nodemailer = require('nodemailer');

const transport = nodemailer.createTransport({
  host: 'smtp.brightmail.net',
  port: 587,
  auth: {
    user: 'invoices@invoicestudio.app',
    pass: 'zUuYSDuw0qdXrs',
  },
});

exports.send = (to, subject, text) =>
  transport.sendMail({ from: 'invoices@invoicestudio.app', to, subject, text });
