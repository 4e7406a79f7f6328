const options = await fetch('/api/options').then((answer) => answer.json());
document.querySelector('#app').textContent = options.map((option) => option.name).join(' or ');
