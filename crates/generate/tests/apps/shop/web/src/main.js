fetch(`${import.meta.env.VITE_API_URL}/items`).then((r) => r.json()).then(console.log);
