'use client';
import { useEffect, useState } from 'react';

export function AdminLink() {
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    setVisible(localStorage.getItem('isAdmin') === 'true');
  }, []);
  return visible ? <a href="/admin">Admin</a> : null;
}
