export default {
  mode: 'production',
  context: import.meta.dirname,
  entry: '../page/main.js',
  output: { path: `${import.meta.dirname}/out`, publicPath: 'auto' },
  performance: { hints: false },
}
