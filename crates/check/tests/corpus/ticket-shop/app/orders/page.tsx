import dayjs from 'dayjs';
import { money } from '@/lib/format';
export default function Orders() {
  return <p>{dayjs().format()} {money(3)}</p>;
}
