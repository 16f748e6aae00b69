/** A property of options as it is typed, without dashes: `untilBits` is until-bits. */
export const spelled = (option: string): string => option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
