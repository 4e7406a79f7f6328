import { Router } from 'express';
import { Account } from './models.js';

export const billing = Router();

billing.post('/webhook', async (req, res) => {
  const event = req.body;
  switch (event.type) {
    case 'checkout.session.completed':
      await Account.updateOne({ _id: event.data.object.client_reference_id }, { plan: 'pro' });
      break;
    default:
  }
  res.json({ received: true });
});
