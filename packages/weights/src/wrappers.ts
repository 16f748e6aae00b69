/**
 * What training programs put between a name's parts when they wrap a module: torch.compile, DataParallel and its like,
 * Lightning, FSDP, activation checkpointing. No network read here has a part of such a name itself.
 */
const WRAPPERS = ['_orig_mod', 'module', '_forward_module', '_fsdp_wrapped_module', '_checkpoint_wrapped_module']
const WRAPPED = new RegExp(`(^|[./])(?:(?:${WRAPPERS.join('|')})\\.)+`, 'g')

/** A tensor's name without wrappers, wherever in it they stand: 'encoder._orig_mod.module.conv_in.bias' -> 'encoder.conv_in.bias'. */
export const unwrapName = (name: string): string => name.replace(WRAPPED, '$1')

/**
 * What stands behind a prefix, without wrappers; null where the name has another prefix. The prefix is looked for in the name
 * as it is, and then in the name without wrappers.
 */
export function nameBehind(name: string, prefix: string): string | null {
  if (name.startsWith(prefix)) return unwrapName(name.slice(prefix.length))
  const plain = unwrapName(name)
  return plain.startsWith(prefix) ? plain.slice(prefix.length) : null
}
