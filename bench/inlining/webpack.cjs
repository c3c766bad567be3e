// Webpack makes one file of express: hundreds of small files on both sides.
const { join } = require('node:path');
const { repeat } = require('./until.cjs');
const webpack = require('webpack');

const options = {
  mode: 'production',
  target: 'node',
  entry: require.resolve('express'),
  output: { path: join(process.cwd(), 'bundle') },
  optimization: { minimize: false },
  cache: false,
};
repeat(
  () =>
    new Promise((resolve, reject) => {
      webpack(options, (error) => (error ? reject(error) : resolve()));
    }),
);
