const recipes = await fetch('/api/recipes').then((answer) => answer.json());
document.querySelector('#recipes').textContent = recipes.join(', ');
