// The matrix product. Each element of the output is one chain of fused multiply-adds over ascending k, held
// in one lane of one register, or put down in the output and taken up again, which changes no bit.
//
// The right operand is packed in panels of PANEL_VECTORS vectors of columns; the last panel has as many
// vectors as it needs, and +0 in the lanes past the last column. A tile is TILE_ROWS rows by one panel, all
// of whose chains are in registers.

enum { MOST_VECTORS = 3, PANEL = PANEL_VECTORS * WIDTH, DEPTH_BLOCK = 384 };

TARGET static size_t VARIANT(packed_count)(size_t depth, size_t columns) {
    return depth * ((columns + WIDTH - 1) / WIDTH * WIDTH);
}

// Vectors in the panel that begins at column `first`.
INLINE size_t panel_vectors(size_t columns, size_t first) {
    const size_t vectors = (columns - first + WIDTH - 1) / WIDTH;
    return vectors < PANEL_VECTORS ? vectors : PANEL_VECTORS;
}

TARGET static void VARIANT(pack)(size_t depth, size_t columns, const float *b, size_t b_row,
                                 size_t b_column, float *packed) {
    for (size_t first = 0; first < columns; first += PANEL) {
        const size_t lanes = panel_vectors(columns, first) * WIDTH;
        const size_t filled = columns - first < lanes ? columns - first : lanes;
        for (size_t k = 0; k < depth; k++, packed += lanes) {
            const float *from = b + k * b_row + first * b_column;
            if (b_column == 1) {
                memcpy(packed, from, filled * sizeof(float));
            } else {
                for (size_t lane = 0; lane < filled; lane++) packed[lane] = from[lane * b_column];
            }
            if (filled < lanes) memset(packed + filled, 0, (lanes - filled) * sizeof(float));
        }
    }
}

// One tile over `depth` values of k. `rows` and `vectors` are constants where this is inlined. `filled`
// counts the columns that exist; `start_row` is the distance between the rows where the chains begin, 0 for
// a bias.
INLINE void tile(const int rows, const int vectors, size_t depth, size_t filled, const float *a,
                 size_t a_row, size_t a_column, const float *panel, const float *start, size_t start_row,
                 float *c, size_t c_row) {
    vf chain[TILE_ROWS][MOST_VECTORS];
    UNROLLED for (int i = 0; i < rows; i++) {
        UNROLLED for (int v = 0; v < vectors; v++) {
            const float *from = start + (size_t)i * start_row + v * WIDTH;
            const size_t lanes = filled - (size_t)v * WIDTH;
            chain[i][v] = start == NULL    ? v_set(0)
                          : lanes >= WIDTH ? v_load(from)
                                           : v_load_some(from, lanes);
        }
    }
    for (size_t k = 0; k < depth; k++, a += a_column, panel += vectors * WIDTH) {
        vf b[MOST_VECTORS];
        UNROLLED for (int v = 0; v < vectors; v++)
            b[v] = v_load(panel + v * WIDTH);
        UNROLLED for (int i = 0; i < rows; i++) {
            const vf factor = v_set(a[(size_t)i * a_row]);
            UNROLLED for (int v = 0; v < vectors; v++)
                chain[i][v] = v_fma(factor, b[v], chain[i][v]);
        }
    }
    UNROLLED for (int i = 0; i < rows; i++) {
        UNROLLED for (int v = 0; v < vectors; v++) {
            float *to = c + (size_t)i * c_row + v * WIDTH;
            const size_t lanes = filled - (size_t)v * WIDTH;
            if (lanes >= WIDTH) v_store(to, chain[i][v]);
            else v_store_some(to, chain[i][v], lanes);
        }
    }
}

// All rows of one panel. Rows that do not fill a tile are done one at a time.
#define PANEL_ROWS(name, vectors)                                                                          \
    TARGET static void VARIANT(name)(size_t rows, size_t depth, size_t filled, const float *a,             \
                                     size_t a_row, size_t a_column, const float *panel,                    \
                                     const float *start, size_t start_row, float *c, size_t c_row) {       \
        size_t i = 0;                                                                                      \
        for (; i + TILE_ROWS <= rows; i += TILE_ROWS)                                                      \
            tile(TILE_ROWS, vectors, depth, filled, a + i * a_row, a_row, a_column, panel,                 \
                 start == NULL ? NULL : start + i * start_row, start_row, c + i * c_row, c_row);           \
        for (; i < rows; i++)                                                                              \
            tile(1, vectors, depth, filled, a + i * a_row, a_row, a_column, panel,                         \
                 start == NULL ? NULL : start + i * start_row, start_row, c + i * c_row, c_row);           \
    }
PANEL_ROWS(panel_of_1, 1)
PANEL_ROWS(panel_of_2, 2)
PANEL_ROWS(panel_of_3, 3)
#undef PANEL_ROWS

TARGET static void VARIANT(multiply)(size_t rows, size_t columns, size_t depth, const float *a,
                                     size_t a_row, size_t a_column, const float *packed,
                                     fixed_order_start start, const float *bias, float *c, size_t c_row) {
    for (size_t first = 0; first < columns; first += PANEL) {
        const size_t vectors = panel_vectors(columns, first);
        const size_t filled = columns - first < PANEL ? columns - first : PANEL;
        size_t k = 0;
        do {  // once for an empty depth too: the output is then where the chains begin
            const size_t block = depth - k < DEPTH_BLOCK ? depth - k : DEPTH_BLOCK;
            const bool goes_on = k > 0 || start == FIXED_ORDER_FROM_OUTPUT;
            const float *from = goes_on ? c + first : start == FIXED_ORDER_FROM_BIAS ? bias + first : NULL;
            const float *panel = packed + first * depth + k * vectors * WIDTH;
            void (*const rows_of_panel)(size_t, size_t, size_t, const float *, size_t, size_t,
                                        const float *, const float *, size_t, float *, size_t) =
                vectors == 1   ? VARIANT(panel_of_1)
                : vectors == 2 ? VARIANT(panel_of_2)
                               : VARIANT(panel_of_3);
            rows_of_panel(rows, block, filled, a + k * a_column, a_row, a_column, panel, from,
                          goes_on ? c_row : 0, c + first, c_row);
            k += block;
        } while (k < depth);
    }
}
