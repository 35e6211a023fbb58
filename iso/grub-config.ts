/**
 * Makes grub.cfg, which boots the kernel with its command line and modules, without menu or delay.
 * GRUB passes a word that contains a space in new quotes (`"run=a; b"`), which the kernel's
 * tokenizer understands.
 */

/**
 * Splits a kernel command line into words at spaces outside double quotes, and removes the quotes.
 * A backslash makes a double quote or backslash after it an ordinary character.
 */
export function commandLineWords(line: string): string[] {
  const words: string[] = [];
  let [word, begun, quoted] = ["", false, false];
  for (let i = 0; i < line.length; i++) {
    if (/\s/.test(line[i]) && !quoted) {
      if (begun) words.push(word);
      [word, begun] = ["", false];
      continue;
    }
    begun = true;
    if (line[i] === "\\" && /["\\]/.test(line[i + 1] ?? "")) word += line[++i];
    else if (line[i] === '"') quoted = !quoted;
    else word += line[i];
  }
  if (begun) words.push(word);
  return words;
}

/** Quotes a word so that GRUB's script language takes it literally. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Returns grub.cfg for a kernel command line and modules (names of files beside the kernel). */
export function grubConfig(commandLine: string, modules: string[]): string {
  const words = commandLineWords(commandLine).map((word) => ` ${quote(word)}`);
  const lines = [
    "set timeout=0",
    // A BIOS has a text mode; under UEFI the kernel draws into GRUB's framebuffer.
    'if [ "$grub_platform" = efi ]; then insmod efi_gop; fi',
    `if multiboot2 /boot/kernel.elf${words.join("")}; then`,
    '  if [ "$grub_platform" = pc ]; then set gfxpayload=text; fi', // `multiboot2` sets a mode
    ...modules.map((name) => `  module2 ${quote(`/boot/${name}`)} ${quote(name)}`),
    "  boot",
    "fi",
    // GRUB writes to the kernel's serial line only on failure, as it sends escape sequences.
    "serial --unit=0 --speed=115200",
    "terminal_output console serial",
    'echo "GRUB could not start the kernel."',
  ];
  return `${lines.join("\n")}\n`;
}
