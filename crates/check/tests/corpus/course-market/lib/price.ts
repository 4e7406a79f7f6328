export const price = (net: number) => Math.round(net * 119) / 100;
