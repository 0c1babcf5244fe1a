/* The context switch.  Saved are the registers that a called function must keep (System V ABI of x86-64, AAPCS64) and the modes of the
 * floating-point units; everything else the compiler has saved around the call.
 *
 * Stacks come from the stack's own memory, so there can be no guard page below them: an overflow writes over a canary, which is looked at
 * after each visit, and under AddressSanitizer nothing is hidden.  Shadow stacks (CET) are not kept. */
#include "proc/fiber.h"

#include <assert.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif
#ifndef FIBER_ASAN
#define FIBER_ASAN 0
#endif

#if FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#ifndef FIBER_TSAN
#define FIBER_TSAN 0
#endif

#if FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

enum { FIBER_CANARY = 64, FIBER_SANITIZED_FACTOR = 4 };

/* ---- the switch: saves on the present stack, notes where in *save, goes on from `load` ---- */

void fiber_swap(void **save, void *load);
void fiber_begin(void);

#if defined(__x86_64__) && defined(__ELF__)

/* The saved frame, from the stack pointer up. */
enum { FRAME_MODES, FRAME_R15, FRAME_R14, FRAME_R13, FRAME_R12, FRAME_RBX, FRAME_RBP, FRAME_RETURN, FRAME_WORDS };

__asm__(".pushsection .text.fiber_swap,\"ax\",@progbits\n"
        ".globl fiber_swap\n"
        ".hidden fiber_swap\n"
        ".type fiber_swap,@function\n"
        "fiber_swap:\n"
        "    endbr64\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    subq $8, %rsp\n"
        "    stmxcsr (%rsp)\n"
        "    fnstcw 4(%rsp)\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    ldmxcsr (%rsp)\n"
        "    fldcw 4(%rsp)\n"
        "    addq $8, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size fiber_swap,.-fiber_swap\n"
        ".globl fiber_begin\n"
        ".hidden fiber_begin\n"
        ".type fiber_begin,@function\n"
        "fiber_begin:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined rip\n" /* nobody called: a debugger's backtrace ends here */
        "    movq %r12, %rdi\n"
        "    call *%r13\n"
        "    ud2\n"
        "    .cfi_endproc\n"
        ".size fiber_begin,.-fiber_begin\n"
        ".popsection\n");

static void *fiber_frame(uint8_t *top, void (*fn)(void *), void *arg)
{
    uint32_t mxcsr;
    uint16_t cw;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    __asm__ volatile("fnstcw %0" : "=m"(cw));
    uint64_t frame[FRAME_WORDS] = {[FRAME_MODES] = mxcsr | (uint64_t)cw << 32,
                                   [FRAME_R12] = (uint64_t)(uintptr_t)arg,
                                   [FRAME_R13] = (uint64_t)(uintptr_t)fn,
                                   [FRAME_RETURN] = (uint64_t)(uintptr_t)fiber_begin};
    memcpy(top - sizeof frame, frame, sizeof frame);
    return top - sizeof frame;
}

bool fiber_possible(void) { return true; }

#elif defined(__aarch64__) && defined(__ELF__)

enum { FRAME_X19, FRAME_X20, FRAME_X29 = 10, FRAME_X30 = 11, FRAME_D8 = 12, FRAME_FPCR = 20, FRAME_WORDS = 22 };

__asm__(".pushsection .text.fiber_swap,\"ax\",%progbits\n"
        ".globl fiber_swap\n"
        ".hidden fiber_swap\n"
        ".type fiber_swap,%function\n"
        "fiber_swap:\n"
        "    hint #34\n" /* bti c */
        "    sub sp, sp, #176\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mrs x9, fpcr\n"
        "    str x9, [sp, #160]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    ldr x9, [sp, #160]\n"
        "    msr fpcr, x9\n"
        "    add sp, sp, #176\n"
        "    ret\n"
        ".size fiber_swap,.-fiber_swap\n"
        ".globl fiber_begin\n"
        ".hidden fiber_begin\n"
        ".type fiber_begin,%function\n"
        "fiber_begin:\n"
        "    .cfi_startproc\n"
        "    .cfi_undefined x30\n"
        "    mov x0, x19\n"
        "    blr x20\n"
        "    brk #1\n"
        "    .cfi_endproc\n"
        ".size fiber_begin,.-fiber_begin\n"
        ".popsection\n");

static void *fiber_frame(uint8_t *top, void (*fn)(void *), void *arg)
{
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    uint64_t frame[FRAME_WORDS] = {[FRAME_X19] = (uint64_t)(uintptr_t)arg,
                                   [FRAME_X20] = (uint64_t)(uintptr_t)fn,
                                   [FRAME_X30] = (uint64_t)(uintptr_t)fiber_begin,
                                   [FRAME_FPCR] = fpcr};
    memcpy(top - sizeof frame, frame, sizeof frame);
    return top - sizeof frame;
}

bool fiber_possible(void) { return true; }

#else

void fiber_swap(void **save, void *load)
{
    assert(!"no context switch for this processor");
}

static void *fiber_frame(uint8_t *top, void (*fn)(void *), void *arg) { return top; }
bool fiber_possible(void) { return false; }

#endif

/* ---- stacks ---- */

static uint8_t fiber_canary(size_t i) { return (uint8_t)(0xc5 ^ (i * 29)); }

static bool fiber_intact(const struct fiber *f)
{
    for (size_t i = 0; i < FIBER_CANARY; i++)
        if (f->stack[i] != fiber_canary(i)) return false;
    return true;
}

int fiber_init(struct hp_mem *m, struct fiber *f, size_t stack_bytes, void (*fn)(void *arg), void *arg)
{
    *f = (struct fiber){0};
    if (!fiber_possible()) return HP_EOPNOTSUPP;
    size_t size = stack_bytes ? stack_bytes : FIBER_STACK_DEFAULT;
    if (size < FIBER_STACK_MIN) size = FIBER_STACK_MIN;
    if (FIBER_ASAN || FIBER_TSAN) size *= FIBER_SANITIZED_FACTOR; /* its frames are larger */
    f->stack = mem_alloc(m, size);
    if (!f->stack) return HP_ENOMEM;
    f->size = size;
#if FIBER_TSAN
    f->fake = __tsan_create_fiber(0);
#endif
    for (size_t i = 0; i < FIBER_CANARY; i++) f->stack[i] = fiber_canary(i);
    uint8_t *top = f->stack + size;
    f->sp = fiber_frame(top - ((uintptr_t)top & 15), fn, arg);
    return HP_OK;
}

void fiber_free(struct hp_mem *m, struct fiber *f)
{
    if (!f->stack) return;
#if FIBER_ASAN
    __asan_unpoison_memory_region(f->stack, f->size);
#endif
#if FIBER_TSAN
    __tsan_destroy_fiber(f->fake);
#endif
    mem_free(m, f->stack, f->size);
    f->stack = NULL;
}

/* ---- entering and leaving ---- */

void fiber_enter(struct fiber *from, struct fiber *f)
{
#if FIBER_ASAN
    __sanitizer_start_switch_fiber(&from->fake, f->stack, f->size);
#endif
#if FIBER_TSAN
    from->fake = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(f->fake, 0);
#endif
    fiber_swap(&from->sp, f->sp);
#if FIBER_ASAN
    __sanitizer_finish_switch_fiber(from->fake, NULL, NULL);
#endif
    assert(fiber_intact(f) && "a program's stack overflowed: give hp_spawn more stack_bytes");
}

void fiber_leave(struct fiber *f, struct fiber *to, bool ends)
{
#if FIBER_ASAN
    __sanitizer_start_switch_fiber(ends ? NULL : &f->fake, to->asan_stack, to->asan_size);
#endif
#if FIBER_TSAN
    __tsan_switch_to_fiber(to->fake, 0);
#endif
    fiber_swap(&f->sp, to->sp);
#if FIBER_ASAN
    __sanitizer_finish_switch_fiber(f->fake, &to->asan_stack, &to->asan_size);
#endif
}

void fiber_arrived(struct fiber *from)
{
#if FIBER_ASAN
    __sanitizer_finish_switch_fiber(NULL, &from->asan_stack, &from->asan_size);
#endif
}
