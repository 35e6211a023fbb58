/* Text on the boot loader's screen: VGA text cells, or pixels with an 8 x 16 font.
 *
 * A copy of the text is kept in memory, because reading from a display is slow: scrolling redraws
 * only the cells that change. Of the escape sequences of a VT100 (ECMA-48), those that the
 * console's line editor sends are interpreted: cursor movement, erasing, saving the cursor; other
 * control sequences are skipped. */
#include "cpu.h"
#include "native.h"

#define MAX_COLUMNS 160
#define MAX_ROWS 64
#define GLYPH_WIDTH 8
#define GLYPH_HEIGHT 16
#define FIRST_GLYPH ' '
#define LAST_GLYPH '~'
#define GREY_ON_BLACK 0x0700
#define ESCAPE 0x1b
#define PARAMETERS 2
#define LARGEST_PARAMETER 999

extern const u8 font[LAST_GLYPH - FIRST_GLYPH + 1][GLYPH_HEIGHT]; /* made at build time */

static struct {
  u32 columns, rows; /* 0 x 0 without a screen */
  u32 column, row;
  u32 saved_row, saved_column;
  enum { TEXT, AFTER_ESCAPE, IN_SEQUENCE } state;
  u32 parameters[PARAMETERS];
  u32 parameter; /* the index of the one being read */
  u8 cells[MAX_ROWS][MAX_COLUMNS];
} screen;

static void draw_pixels(u32 row, u32 column, bool cursor) {
  const struct framebuffer* frame = &boot_info.framebuffer;
  u32 bytes = frame->bits / 8;
  u8* line = direct(frame->address + (u64)row * GLYPH_HEIGHT * frame->pitch +
                    (u64)column * GLYPH_WIDTH * bytes);
  const u8* glyph = font[screen.cells[row][column] - FIRST_GLYPH];
  for (u32 y = 0; y < GLYPH_HEIGHT; y++, line += frame->pitch) {
    u8 bits = cursor && y >= GLYPH_HEIGHT - 2 ? 0xff : glyph[y];
    volatile u8* pixel = line;
    for (u32 x = 0; x < GLYPH_WIDTH; x++, bits <<= 1) {
      for (u32 i = 0; i < bytes; i++) *pixel++ = bits & 0x80 ? 0xc0 : 0;
    }
  }
}

static void draw(u32 row, u32 column, bool cursor) {
  if (!boot_info.framebuffer.text) return draw_pixels(row, column, cursor);
  u32 cell = row * screen.columns + column;
  volatile u16* cells = direct(boot_info.framebuffer.address);
  cells[cell] = GREY_ON_BLACK | screen.cells[row][column];
  if (!cursor) return;
  out16(0x3d4, (cell & 0xff00) | 14); /* cursor address of the 6845, high and low byte */
  out16(0x3d4, cell << 8 | 15);
}

static void set(u32 row, u32 column, u8 character) {
  if (screen.cells[row][column] == character) return;
  screen.cells[row][column] = character;
  draw(row, column, false);
}

static void clear_line(u32 row, u32 column) {
  for (; column < screen.columns; column++) set(row, column, ' ');
}

static void new_line(void) {
  screen.column = 0;
  if (++screen.row < screen.rows) return;
  screen.row--;
  for (u32 row = 1; row < screen.rows; row++) {
    for (u32 column = 0; column < screen.columns; column++) {
      set(row - 1, column, screen.cells[row][column]);
    }
  }
  clear_line(screen.row, 0);
}

static void put_text(u32 character) {
  if (character == '\n') {
    new_line();
  } else if (character == '\r') {
    screen.column = 0;
  } else if (character == '\b') {
    if (screen.column != 0) screen.column--;
  } else if (character == ESCAPE) {
    screen.state = AFTER_ESCAPE;
  } else if (character >= FIRST_GLYPH && (character < 0x80 || character >= 0xc0)) {
    /* A character of several bytes in UTF-8 is shown as one '?': its other bytes are skipped. */
    if (screen.column == screen.columns) new_line();
    set(screen.row, screen.column, character <= LAST_GLYPH ? character : '?');
    screen.column++;
  }
}

static u32 least(u32 a, u32 b) { return a < b ? a : b; }

static void move(u32 row, u32 column) {
  screen.row = least(row, screen.rows - 1);
  screen.column = least(column, screen.columns - 1);
}

/* ED and EL: to the end of the screen or line, or all of it. */
static void erase(bool below, bool all) {
  clear_line(screen.row, all ? 0 : screen.column);
  for (u32 row = all ? 0 : screen.row + 1; below && row < screen.rows; row++) clear_line(row, 0);
}

/* Ends a control sequence; without a parameter, a movement is by 1. */
static void end_sequence(u32 last) {
  u32 first = screen.parameters[0], count = first == 0 ? 1 : first;
  u32 row = screen.row, column = least(screen.column, screen.columns - 1);
  switch (last) {
    case 'A': return move(row - least(count, row), column);
    case 'B': return move(row + count, column);
    case 'C': return move(row, column + count);
    case 'D': return move(row, column - least(count, column));
    case 'H': return move(count - 1, screen.parameters[1] == 0 ? 0 : screen.parameters[1] - 1);
    /* Erasing up to the cursor (1) is left out: no program of the kernel does it. */
    case 'J':
      if (first != 1) erase(true, first == 2);
      return;
    case 'K':
      if (first != 1) erase(false, first == 2);
      return;
  }
}

static void take_parameter(u32 character) {
  u32* parameter = &screen.parameters[screen.parameter];
  if (character >= '0' && character <= '9') {
    *parameter = least(*parameter * 10 + character - '0', LARGEST_PARAMETER);
  } else if (character == ';' && screen.parameter < PARAMETERS - 1) {
    screen.parameter++;
  }
}

static void after_escape(u32 character) {
  screen.state = TEXT;
  if (character == '[') {
    screen.state = IN_SEQUENCE;
    screen.parameter = 0;
    memset(screen.parameters, 0, sizeof screen.parameters);
  } else if (character == '7') {
    screen.saved_row = screen.row;
    screen.saved_column = screen.column;
  } else if (character == '8') {
    move(screen.saved_row, screen.saved_column);
  }
}

static void put(u32 character) {
  if (screen.state == TEXT || character < FIRST_GLYPH) {
    screen.state = TEXT;
    put_text(character);
  } else if (screen.state == AFTER_ESCAPE) {
    after_escape(character);
  } else if (character < 0x40) {
    take_parameter(character);
  } else {
    screen.state = TEXT;
    end_sequence(character);
  }
}

static void show_cursor(bool shown) {
  u32 last = screen.columns - 1;
  draw(screen.row, screen.column < last ? screen.column : last, shown);
}

void screen_put(u32 character) {
  if (screen.columns == 0) return;
  show_cursor(false);
  put(character);
  show_cursor(true);
}

void screen_start(void) {
  const struct framebuffer* frame = &boot_info.framebuffer;
  if (frame->address == 0) return;
  u32 columns = frame->text ? frame->width : frame->width / GLYPH_WIDTH;
  u32 rows = frame->text ? frame->height : frame->height / GLYPH_HEIGHT;
  screen.columns = columns < MAX_COLUMNS ? columns : MAX_COLUMNS;
  screen.rows = rows < MAX_ROWS ? rows : MAX_ROWS;
  memset(screen.cells, 0, sizeof screen.cells); /* no character, so that each cell is drawn */
  for (u32 row = 0; row < screen.rows; row++) clear_line(row, 0);
}

u32 screen_columns(void) { return screen.columns; }
