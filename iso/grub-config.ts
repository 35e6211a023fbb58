/**
 * The text of grub.cfg: no menu, no waiting, the kernel with its command line and modules.
 * GRUB quotes a word with a space in it anew when it hands it over (`"run=a; b"`); the kernel's
 * tokenizer knows that.
 */

/**
 * A kernel command line's words: separated by spaces outside double quotes, which are taken off;
 * a backslash before a double quote or a backslash makes it an ordinary character.
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

/** A word that GRUB's script language takes as it is. */
function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** grub.cfg for a kernel command line and modules (names of files beside the kernel). */
export function grubConfig(commandLine: string, modules: string[]): string {
  const words = commandLineWords(commandLine).map((word) => ` ${quote(word)}`);
  const lines = [
    "set timeout=0",
    // A BIOS has text mode; under UEFI the kernel draws into the frame that GRUB sets up.
    'if [ "$grub_platform" = efi ]; then insmod efi_gop; fi',
    `if multiboot2 /boot/kernel.elf${words.join("")}; then`,
    '  if [ "$grub_platform" = pc ]; then set gfxpayload=text; fi', // `multiboot2` has set it
    ...modules.map((name) => `  module2 ${quote(`/boot/${name}`)} ${quote(name)}`),
    "  boot",
    "fi",
    // The serial line is the kernel's: GRUB speaks there, in escape sequences, only of failure.
    "serial --unit=0 --speed=115200",
    "terminal_output console serial",
    'echo "GRUB could not start the kernel."',
  ];
  return `${lines.join("\n")}\n`;
}
