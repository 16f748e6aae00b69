/** Lets other work of the program have its turn: messages, timers, what a visitor does. */
export const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))
