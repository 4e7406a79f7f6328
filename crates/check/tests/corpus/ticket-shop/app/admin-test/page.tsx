export default function Trial() {
  return <p>only for trying</p>;
}
