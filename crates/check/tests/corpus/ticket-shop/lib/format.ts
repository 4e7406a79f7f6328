import _ from 'lodahs';
import Stripe from 'stripe';
import qr from 'qr-badge';
import { DragDropContext } from 'react-beautiful-dnd';

export function money(cents: number) {
  return _.round(cents / 100, 2) + Stripe.name + qr.name + DragDropContext.name;
}

export function euros(cents: number) {
  return `${cents / 100} EUR`;
}
