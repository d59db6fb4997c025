// Debian's chromium, without a screen.
import {chromium} from 'playwright-core';

export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.TIDEMARK_CHROMIUM ?? '/usr/bin/chromium',
    // Tests may run as root, where chromium has no sandbox.
    args: ['--no-sandbox'],
  });
}
