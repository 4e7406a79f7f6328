import Link from 'next/link';
import { EventList } from '@/components/event-list';
export default function Home() {
  return <main><EventList /><Link href="/orders">Orders</Link></main>;
}
