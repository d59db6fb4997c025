// Turns the built page (dist/) into a C++ source: node embed.js DIST OUT.
import {readFileSync, readdirSync, writeFileSync} from 'node:fs';
import {extname, join} from 'node:path';

const kTypes = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const [dist, out] = process.argv.slice(2);
const files = ['index.html', ...readdirSync(join(dist, 'assets')).sort().map((name) => `assets/${name}`)];
const arrays = [];
const rows = [];
files.forEach((path, i) => {
  const type = kTypes[extname(path)];
  if (type === undefined) throw new Error(`${path}: its type is not known to embed.js`);
  const bytes = readFileSync(join(dist, path));
  arrays.push(`constexpr unsigned char kFile${i}[] = {${bytes.join(',')}};`);
  rows.push(`    PageAsset{"${path}", "${type}", text(kFile${i})},`);
});

writeFileSync(
  out,
  `// Made by mgmt/web/embed.js.
#include <array>

#include "mgmt/web/page_assets.h"

namespace tidemark::mgmt {
namespace {

${arrays.join('\n')}

template <size_t N>
std::string_view text(const unsigned char (&bytes)[N]) {
  return {reinterpret_cast<const char*>(bytes), N};
}

}  // namespace

std::span<const PageAsset> page_assets() {
  static const std::array kAssets = {
${rows.join('\n')}
  };
  return kAssets;
}

}  // namespace tidemark::mgmt
`,
);
