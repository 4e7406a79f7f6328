const express = require('express');
const nodemailer = require('nodemailer');

const transport = nodemailer.createTransport({
  host: process.env.SMTP_HOST,
  port: process.env.SMTP_PORT,
  secure: false,
});
const app = express();

app.get('/invite/:to', async (req, res) => {
  try {
    const sent = await transport.sendMail({
      from: process.env.MAIL_FROM,
      to: req.params.to,
      subject: 'Come over',
      text: 'There is cake.',
    });
    res.json({ accepted: sent.accepted });
  } catch (error) {
    res.status(500).send(error.message);
  }
});

app.listen(process.env.PORT || 3000);
