import mongoose from 'mongoose';

export const Account = mongoose.model(
  'Account',
  new mongoose.Schema({ email: String, pin: String, name: String, plan: String }),
);
