// Trains the networks of the banks: convolutions of 3 x 3 in single precision, by Adam, on squares of the small picture and what
// Lanczos3 misses of the large one. Compiled and called by network.py.
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 80 // of a square
#define SIZE (SIDE * SIDE)
#define PAD 512 // places before and after a plane that may be read
#define PLANE (SIZE + 2 * PAD)
#define MOST_LAYERS 8
#define MOST_CHANNELS 32
#define LEAK 0.125f
#define INPUT 32.0f   // levels that count as 1
#define MISSING 128.0f // what is missing comes in 1/16 levels, and 8 levels count as 1
#define AT_ONCE 4     // channels

typedef float vector __attribute__((vector_size(64), aligned(4)));
#define LANES 16

typedef struct layer {
    int inputs;
    int outputs;
    int weights; // where they begin
    int biases;
} layer;

typedef struct network {
    int layers;
    int count; // of parameters
    layer layer[MOST_LAYERS];
    float *now, *gradient, *mean, *square, *average;
    float *made[MOST_LAYERS + 1], *wanted[MOST_LAYERS + 1];
    long steps;
} network;

static int whole_blocks(int channels) { return (channels + AT_ONCE - 1) / AT_ONCE * AT_ONCE; }

static float *planes(int channels) { return calloc((size_t) PLANE * whole_blocks(channels) + LANES, sizeof(float)); }

network *network_new(int layers, const int *channels) {
    network *new = calloc(1, sizeof *new);
    new->layers = layers;
    for (int at = 0; at < layers; at++) {
        int inputs = channels[at], outputs = channels[at + 1], weights = new->count, biases = weights + 9 * inputs * outputs;
        new->layer[at] = (layer){inputs, outputs, weights, biases};
        new->count = biases + outputs;
    }
    float **parameters[] = {&new->now, &new->gradient, &new->mean, &new->square, &new->average};
    for (int at = 0; at < 5; at++) *parameters[at] = calloc((size_t) new->count, sizeof(float));
    for (int at = 0; at <= layers; at++) {
        new->made[at] = planes(channels[at]);
        new->wanted[at] = planes(channels[at]);
    }
    return new;
}

int network_count(const network *network) { return network->count; }
float *network_now(network *network) { return network->now; }
float *network_average(network *network) { return network->average; }

/// Training begins anew from the parameters as they are.
void network_begin(network *network) {
    size_t bytes = (size_t) network->count * sizeof(float);
    memset(network->mean, 0, bytes);
    memset(network->square, 0, bytes);
    memcpy(network->average, network->now, bytes);
    network->steps = 0;
}

// MARK: Convolution

static int offset_of(int place) { return (place / 3 - 1) * SIDE + place % 3 - 1; }

// Weights in the order of use: four outputs beside one another.
static float packed[MOST_CHANNELS * MOST_CHANNELS * 9];

static void pack(const float *weights, const layer *layer, int backwards) {
    int inputs = backwards ? layer->outputs : layer->inputs, outputs = backwards ? layer->inputs : layer->outputs;
    float *to = packed;
    for (int block = 0; block < outputs; block += AT_ONCE)
        for (int input = 0; input < inputs; input++)
            for (int place = 0; place < 9; place++)
                for (int output = block; output < block + AT_ONCE; output++, to++) {
                    int from = backwards ? (input * outputs + output) * 9 + 8 - place : (output * inputs + input) * 9 + place;
                    *to = output < outputs ? weights[from] : 0;
                }
}

static void convolve(const float *in, int inputs, float *out, int outputs, const float *biases) {
    for (int at = 0; at < SIZE; at += 4 * LANES)
        for (int block = 0; block < outputs; block += AT_ONCE) {
            const float *weights = packed + (size_t) block * (size_t) inputs * 9;
            vector sums[AT_ONCE][4];
            for (int output = 0; output < AT_ONCE; output++)
                for (int part = 0; part < 4; part++)
                    sums[output][part] = (vector){0} + (biases && block + output < outputs ? biases[block + output] : 0);
            for (int input = 0; input < inputs; input++)
                for (int place = 0; place < 9; place++, weights += AT_ONCE) {
                    const float *from = in + (size_t) input * PLANE + PAD + at + offset_of(place);
                    for (int part = 0; part < 4; part++) {
                        vector some = *(const vector *) (from + LANES * part);
                        for (int output = 0; output < AT_ONCE; output++) sums[output][part] += some * weights[output];
                    }
                }
            for (int output = 0; output < AT_ONCE; output++)
                for (int part = 0; part < 4; part++)
                    *(vector *) (out + (size_t) (block + output) * PLANE + PAD + at + LANES * part) = sums[output][part];
        }
}

static float sum_of(vector some) {
    float sum = 0;
    for (int lane = 0; lane < LANES; lane++) sum += some[lane];
    return sum;
}

/// How the error goes with the weights of a layer.
static void add_gradient(const float *in, const float *wanted, const layer *layer, float *gradient) {
    for (int block = 0; block < layer->outputs; block += AT_ONCE)
        for (int input = 0; input < layer->inputs; input++)
            for (int row = 0; row < 3; row++) {
                const float *from = in + (size_t) input * PLANE + PAD + (row - 1) * SIDE - 1;
                const float *by = wanted + (size_t) block * PLANE + PAD;
                vector sums[AT_ONCE][3] = {{{0}}};
                for (int at = 0; at < SIZE; at += LANES)
                    for (int output = 0; output < AT_ONCE; output++) {
                        vector some = *(const vector *) (by + (size_t) output * PLANE + at);
                        for (int place = 0; place < 3; place++) sums[output][place] += *(const vector *) (from + at + place) * some;
                    }
                for (int output = 0; output < AT_ONCE && block + output < layer->outputs; output++)
                    for (int place = 0; place < 3; place++)
                        gradient[((block + output) * layer->inputs + input) * 9 + 3 * row + place] += sum_of(sums[output][place]);
            }
}

// MARK: Passes

static void leak(float *plane, int channels) {
    for (int channel = 0; channel < channels; channel++, plane += PLANE)
        for (int at = PAD; at < PAD + SIZE; at++) plane[at] = plane[at] > 0 ? plane[at] : plane[at] * LEAK;
}

static void forward(network *network) {
    for (int at = 0; at < network->layers; at++) {
        const layer *layer = &network->layer[at];
        pack(network->now + layer->weights, layer, 0);
        convolve(network->made[at], layer->inputs, network->made[at + 1], layer->outputs, network->now + layer->biases);
        if (at < network->layers - 1) leak(network->made[at + 1], layer->outputs);
    }
}

static void backward(network *network) {
    for (int at = network->layers - 1; at >= 0; at--) {
        const layer *layer = &network->layer[at];
        float *wanted = network->wanted[at + 1], *made = network->made[at + 1];
        for (int channel = 0; channel < layer->outputs; channel++) {
            float *plane = wanted + (size_t) channel * PLANE + PAD, sum = 0;
            const float *sign = made + (size_t) channel * PLANE + PAD;
            for (int place = 0; place < SIZE && at < network->layers - 1; place++) plane[place] *= sign[place] > 0 ? 1 : LEAK;
            for (int place = 0; place < SIZE; place++) sum += plane[place];
            network->gradient[layer->biases + channel] += sum;
        }
        add_gradient(network->made[at], wanted, layer, network->gradient + layer->weights);
        if (at == 0) return;
        pack(network->now + layer->weights, layer, 1);
        convolve(wanted, layer->outputs, network->wanted[at], layer->inputs, NULL);
    }
}

// MARK: Squares

// The eight ways to lay a square: bit 0 turns it upside down, bit 1 left to right, bit 2 swaps rows and columns.
static int moved(int row, int column, int side, int way) {
    if (way & 1) row = side - 1 - row;
    if (way & 2) column = side - 1 - column;
    return way & 4 ? column * side + row : row * side + column;
}

static void take(network *network, const uint8_t *square, int way) {
    float *plane = network->made[0] + PAD;
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++)
            plane[moved(row, column, SIDE, way)] = (square[row * SIDE + column] - 128) / INPUT;
}

/// The mean square of what is still missing, in levels, `before` and after; and what the last layer should have made instead.
static double judge(network *network, const int16_t *missing, int way, float weight, double *before) {
    int reach = network->layers;
    double after = 0, all = 0, count = 4.0 * (SIDE - 2 * reach) * (SIDE - 2 * reach) / 64;
    for (int place = 0; place < 4; place++, missing += SIZE) {
        size_t plane = (size_t) moved(place / 2, place % 2, 2, way) * PLANE + PAD;
        const float *made = network->made[network->layers] + plane;
        float *wanted = network->wanted[network->layers] + plane;
        for (int row = reach; row < SIDE - reach; row++)
            for (int column = reach; column < SIDE - reach; column++) {
                int at = moved(row, column, SIDE, way);
                float truth = missing[row * SIDE + column] / MISSING, error = made[at] - truth;
                after += error * error;
                all += truth * truth;
                wanted[at] = weight * error;
            }
    }
    *before = all / count;
    return after / count;
}

// What has one tone shall stay so: the first layer's weights sum to 0.
static void level(network *network) {
    const layer *first = &network->layer[0];
    for (int output = 0; output < first->outputs; output++) {
        float *weights = network->now + first->weights + 9 * output, sum = 0;
        for (int place = 0; place < 9; place++) sum += weights[place];
        for (int place = 0; place < 9; place++) weights[place] -= sum / 9;
    }
}

static void step(network *network, float rate) {
    network->steps++;
    float first = 1 - powf(0.9f, network->steps), second = 1 - powf(0.995f, network->steps);
    float kept = network->steps < 200 ? 0.9f : 0.997f;
    for (int at = 0; at < network->count; at++) {
        float gradient = network->gradient[at];
        network->mean[at] = 0.9f * network->mean[at] + 0.1f * gradient;
        network->square[at] = 0.995f * network->square[at] + 0.005f * gradient * gradient;
        network->now[at] -= rate * (network->mean[at] / first) / (sqrtf(network->square[at] / second) + 1e-8f);
    }
    level(network);
    for (int at = 0; at < network->count; at++)
        network->average[at] = kept * network->average[at] + (1 - kept) * network->now[at];
}

static uint32_t lot(void) {
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t) (state >> 32);
}

/// Goes through squares in this order, `batch` for each step, at a rate that goes from the first to the last. What became of the mean
/// weighted error is returned.
double network_train(
    network *network, const uint8_t *squares, const int16_t *missing, const int32_t *order, int count, const float *weights,
    int batch, float first_rate, float last_rate, double *before) {
    int steps = count / batch, inside = 4 * (SIDE - 2 * network->layers) * (SIDE - 2 * network->layers);
    double after = 0, all = 0;
    for (int number = 0; number < steps; number++) {
        memset(network->gradient, 0, (size_t) network->count * sizeof(float));
        for (int in = 0; in < batch; in++) {
            int square = order[number * batch + in], way = lot() & 7;
            double was;
            take(network, squares + (size_t) square * SIZE, way);
            forward(network);
            float weight = weights[square] / (float) (batch * inside);
            after += weights[square] * judge(network, missing + (size_t) square * 4 * SIZE, way, weight, &was);
            all += weights[square] * was;
            backward(network);
        }
        step(network, first_rate + (last_rate - first_rate) * (float) number / (float) steps);
    }
    *before = all / (steps * batch);
    return after / (steps * batch);
}
