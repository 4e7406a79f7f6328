'use client';
import { useEffect, useState } from 'react';

export function EventList() {
  const [events, setEvents] = useState<{ id: number; name: string }[]>([]);
  // useEffect(() => {
  //   const timer = setInterval(() => {
  //     fetch('/api/events').then((r) => r.json()).then(setEvents);
  //   }, 1000);
  //   return () => clearInterval(timer);
  // }, []);
  useEffect(() => {
    fetch('/api/events').then((r) => r.json()).then(setEvents);
  }, []);
  return <ul>{events.map((event) => <li key={event.id}>{event.name}</li>)}</ul>;
}
