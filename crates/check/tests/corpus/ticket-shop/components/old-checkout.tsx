export function OldCheckout() {
  return <form><button>Buy</button></form>;
}
