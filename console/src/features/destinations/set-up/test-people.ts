// People whom a destination is tried with, as they are written: a namespace, a colon, the value. Pure.
const written = /^[^\s:]{1,63}:.{1,2048}$/su;

export const wrongTestPeople = (people: readonly string[]): string[] => people.filter((one) => !written.test(one));
