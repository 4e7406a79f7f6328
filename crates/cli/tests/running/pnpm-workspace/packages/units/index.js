export const fahrenheit = (celsius) => (celsius * 9) / 5 + 32;
