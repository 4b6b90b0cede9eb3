//go:build amd64 && !purego

#include "textflag.h"

// Constants stand four times: a register's worth.
DATA boxMuller<>+0(SB)/8, $0x3ff0000000000000 // one
DATA boxMuller<>+8(SB)/8, $0x3ff0000000000000
DATA boxMuller<>+16(SB)/8, $0x3ff0000000000000
DATA boxMuller<>+24(SB)/8, $0x3ff0000000000000
DATA boxMuller<>+32(SB)/8, $0x4000000000000000 // two
DATA boxMuller<>+40(SB)/8, $0x4000000000000000
DATA boxMuller<>+48(SB)/8, $0x4000000000000000
DATA boxMuller<>+56(SB)/8, $0x4000000000000000
DATA boxMuller<>+64(SB)/8, $0x3fe0000000000000 // half
DATA boxMuller<>+72(SB)/8, $0x3fe0000000000000
DATA boxMuller<>+80(SB)/8, $0x3fe0000000000000
DATA boxMuller<>+88(SB)/8, $0x3fe0000000000000
DATA boxMuller<>+96(SB)/8, $0xc000000000000000 // minusTwo
DATA boxMuller<>+104(SB)/8, $0xc000000000000000
DATA boxMuller<>+112(SB)/8, $0xc000000000000000
DATA boxMuller<>+120(SB)/8, $0xc000000000000000
DATA boxMuller<>+128(SB)/8, $0x3ca0000000000000 // scale
DATA boxMuller<>+136(SB)/8, $0x3ca0000000000000
DATA boxMuller<>+144(SB)/8, $0x3ca0000000000000
DATA boxMuller<>+152(SB)/8, $0x3ca0000000000000
DATA boxMuller<>+160(SB)/8, $0x401921fb54442d18 // turn
DATA boxMuller<>+168(SB)/8, $0x401921fb54442d18
DATA boxMuller<>+176(SB)/8, $0x401921fb54442d18
DATA boxMuller<>+184(SB)/8, $0x401921fb54442d18
DATA boxMuller<>+192(SB)/8, $0x4330000000000000 // low
DATA boxMuller<>+200(SB)/8, $0x4330000000000000
DATA boxMuller<>+208(SB)/8, $0x4330000000000000
DATA boxMuller<>+216(SB)/8, $0x4330000000000000
DATA boxMuller<>+224(SB)/8, $0x4530000000000000 // high
DATA boxMuller<>+232(SB)/8, $0x4530000000000000
DATA boxMuller<>+240(SB)/8, $0x4530000000000000
DATA boxMuller<>+248(SB)/8, $0x4530000000000000
DATA boxMuller<>+256(SB)/8, $0x4530000000100000 // both
DATA boxMuller<>+264(SB)/8, $0x4530000000100000
DATA boxMuller<>+272(SB)/8, $0x4530000000100000
DATA boxMuller<>+280(SB)/8, $0x4530000000100000
DATA boxMuller<>+288(SB)/8, $0x43300000000003fe // exponent
DATA boxMuller<>+296(SB)/8, $0x43300000000003fe
DATA boxMuller<>+304(SB)/8, $0x43300000000003fe
DATA boxMuller<>+312(SB)/8, $0x43300000000003fe
DATA boxMuller<>+320(SB)/8, $0x000fffffffffffff // mantissa
DATA boxMuller<>+328(SB)/8, $0x000fffffffffffff
DATA boxMuller<>+336(SB)/8, $0x000fffffffffffff
DATA boxMuller<>+344(SB)/8, $0x000fffffffffffff
DATA boxMuller<>+352(SB)/8, $0x3fe0000000000000 // halfBits
DATA boxMuller<>+360(SB)/8, $0x3fe0000000000000
DATA boxMuller<>+368(SB)/8, $0x3fe0000000000000
DATA boxMuller<>+376(SB)/8, $0x3fe0000000000000
DATA boxMuller<>+384(SB)/8, $0x3fe6a09e667f3bcd // sqrtHalf
DATA boxMuller<>+392(SB)/8, $0x3fe6a09e667f3bcd
DATA boxMuller<>+400(SB)/8, $0x3fe6a09e667f3bcd
DATA boxMuller<>+408(SB)/8, $0x3fe6a09e667f3bcd
DATA boxMuller<>+416(SB)/8, $0x3fe62e42fee00000 // ln2High
DATA boxMuller<>+424(SB)/8, $0x3fe62e42fee00000
DATA boxMuller<>+432(SB)/8, $0x3fe62e42fee00000
DATA boxMuller<>+440(SB)/8, $0x3fe62e42fee00000
DATA boxMuller<>+448(SB)/8, $0x3dea39ef35793c76 // ln2Low
DATA boxMuller<>+456(SB)/8, $0x3dea39ef35793c76
DATA boxMuller<>+464(SB)/8, $0x3dea39ef35793c76
DATA boxMuller<>+472(SB)/8, $0x3dea39ef35793c76
DATA boxMuller<>+480(SB)/8, $0x3FE5555555555593 // l1
DATA boxMuller<>+488(SB)/8, $0x3FE5555555555593
DATA boxMuller<>+496(SB)/8, $0x3FE5555555555593
DATA boxMuller<>+504(SB)/8, $0x3FE5555555555593
DATA boxMuller<>+512(SB)/8, $0x3FD999999997FA04 // l2
DATA boxMuller<>+520(SB)/8, $0x3FD999999997FA04
DATA boxMuller<>+528(SB)/8, $0x3FD999999997FA04
DATA boxMuller<>+536(SB)/8, $0x3FD999999997FA04
DATA boxMuller<>+544(SB)/8, $0x3FD2492494229359 // l3
DATA boxMuller<>+552(SB)/8, $0x3FD2492494229359
DATA boxMuller<>+560(SB)/8, $0x3FD2492494229359
DATA boxMuller<>+568(SB)/8, $0x3FD2492494229359
DATA boxMuller<>+576(SB)/8, $0x3FCC71C51D8E78AF // l4
DATA boxMuller<>+584(SB)/8, $0x3FCC71C51D8E78AF
DATA boxMuller<>+592(SB)/8, $0x3FCC71C51D8E78AF
DATA boxMuller<>+600(SB)/8, $0x3FCC71C51D8E78AF
DATA boxMuller<>+608(SB)/8, $0x3FC7466496CB03DE // l5
DATA boxMuller<>+616(SB)/8, $0x3FC7466496CB03DE
DATA boxMuller<>+624(SB)/8, $0x3FC7466496CB03DE
DATA boxMuller<>+632(SB)/8, $0x3FC7466496CB03DE
DATA boxMuller<>+640(SB)/8, $0x3FC39A09D078C69F // l6
DATA boxMuller<>+648(SB)/8, $0x3FC39A09D078C69F
DATA boxMuller<>+656(SB)/8, $0x3FC39A09D078C69F
DATA boxMuller<>+664(SB)/8, $0x3FC39A09D078C69F
DATA boxMuller<>+672(SB)/8, $0x3FC2F112DF3E5244 // l7
DATA boxMuller<>+680(SB)/8, $0x3FC2F112DF3E5244
DATA boxMuller<>+688(SB)/8, $0x3FC2F112DF3E5244
DATA boxMuller<>+696(SB)/8, $0x3FC2F112DF3E5244
DATA boxMuller<>+704(SB)/8, $0x3ff45f306dc9c883 // fourOverPi
DATA boxMuller<>+712(SB)/8, $0x3ff45f306dc9c883
DATA boxMuller<>+720(SB)/8, $0x3ff45f306dc9c883
DATA boxMuller<>+728(SB)/8, $0x3ff45f306dc9c883
DATA boxMuller<>+736(SB)/8, $0x3fe921fb40000000 // pi4a
DATA boxMuller<>+744(SB)/8, $0x3fe921fb40000000
DATA boxMuller<>+752(SB)/8, $0x3fe921fb40000000
DATA boxMuller<>+760(SB)/8, $0x3fe921fb40000000
DATA boxMuller<>+768(SB)/8, $0x3e64442d00000000 // pi4b
DATA boxMuller<>+776(SB)/8, $0x3e64442d00000000
DATA boxMuller<>+784(SB)/8, $0x3e64442d00000000
DATA boxMuller<>+792(SB)/8, $0x3e64442d00000000
DATA boxMuller<>+800(SB)/8, $0x3ce8469898cc5170 // pi4c
DATA boxMuller<>+808(SB)/8, $0x3ce8469898cc5170
DATA boxMuller<>+816(SB)/8, $0x3ce8469898cc5170
DATA boxMuller<>+824(SB)/8, $0x3ce8469898cc5170
DATA boxMuller<>+832(SB)/8, $0xbda8fa49a0861a9b // c0
DATA boxMuller<>+840(SB)/8, $0xbda8fa49a0861a9b
DATA boxMuller<>+848(SB)/8, $0xbda8fa49a0861a9b
DATA boxMuller<>+856(SB)/8, $0xbda8fa49a0861a9b
DATA boxMuller<>+864(SB)/8, $0x3e21ee9d7b4e3f05 // c1
DATA boxMuller<>+872(SB)/8, $0x3e21ee9d7b4e3f05
DATA boxMuller<>+880(SB)/8, $0x3e21ee9d7b4e3f05
DATA boxMuller<>+888(SB)/8, $0x3e21ee9d7b4e3f05
DATA boxMuller<>+896(SB)/8, $0xbe927e4f7eac4bc6 // c2
DATA boxMuller<>+904(SB)/8, $0xbe927e4f7eac4bc6
DATA boxMuller<>+912(SB)/8, $0xbe927e4f7eac4bc6
DATA boxMuller<>+920(SB)/8, $0xbe927e4f7eac4bc6
DATA boxMuller<>+928(SB)/8, $0x3efa01a019c844f5 // c3
DATA boxMuller<>+936(SB)/8, $0x3efa01a019c844f5
DATA boxMuller<>+944(SB)/8, $0x3efa01a019c844f5
DATA boxMuller<>+952(SB)/8, $0x3efa01a019c844f5
DATA boxMuller<>+960(SB)/8, $0xbf56c16c16c14f91 // c4
DATA boxMuller<>+968(SB)/8, $0xbf56c16c16c14f91
DATA boxMuller<>+976(SB)/8, $0xbf56c16c16c14f91
DATA boxMuller<>+984(SB)/8, $0xbf56c16c16c14f91
DATA boxMuller<>+992(SB)/8, $0x3fa555555555554b // c5
DATA boxMuller<>+1000(SB)/8, $0x3fa555555555554b
DATA boxMuller<>+1008(SB)/8, $0x3fa555555555554b
DATA boxMuller<>+1016(SB)/8, $0x3fa555555555554b
DATA boxMuller<>+1024(SB)/8, $0x3de5d8fd1fd19ccd // s0
DATA boxMuller<>+1032(SB)/8, $0x3de5d8fd1fd19ccd
DATA boxMuller<>+1040(SB)/8, $0x3de5d8fd1fd19ccd
DATA boxMuller<>+1048(SB)/8, $0x3de5d8fd1fd19ccd
DATA boxMuller<>+1056(SB)/8, $0xbe5ae5e5a9291f5d // s1
DATA boxMuller<>+1064(SB)/8, $0xbe5ae5e5a9291f5d
DATA boxMuller<>+1072(SB)/8, $0xbe5ae5e5a9291f5d
DATA boxMuller<>+1080(SB)/8, $0xbe5ae5e5a9291f5d
DATA boxMuller<>+1088(SB)/8, $0x3ec71de3567d48a1 // s2
DATA boxMuller<>+1096(SB)/8, $0x3ec71de3567d48a1
DATA boxMuller<>+1104(SB)/8, $0x3ec71de3567d48a1
DATA boxMuller<>+1112(SB)/8, $0x3ec71de3567d48a1
DATA boxMuller<>+1120(SB)/8, $0xbf2a01a019bfdf03 // s3
DATA boxMuller<>+1128(SB)/8, $0xbf2a01a019bfdf03
DATA boxMuller<>+1136(SB)/8, $0xbf2a01a019bfdf03
DATA boxMuller<>+1144(SB)/8, $0xbf2a01a019bfdf03
DATA boxMuller<>+1152(SB)/8, $0x3f8111111110f7d0 // s4
DATA boxMuller<>+1160(SB)/8, $0x3f8111111110f7d0
DATA boxMuller<>+1168(SB)/8, $0x3f8111111110f7d0
DATA boxMuller<>+1176(SB)/8, $0x3f8111111110f7d0
DATA boxMuller<>+1184(SB)/8, $0xbfc5555555555548 // s5
DATA boxMuller<>+1192(SB)/8, $0xbfc5555555555548
DATA boxMuller<>+1200(SB)/8, $0xbfc5555555555548
DATA boxMuller<>+1208(SB)/8, $0xbfc5555555555548
DATA boxMuller<>+1216(SB)/8, $0x8000000000000000 // sign
DATA boxMuller<>+1224(SB)/8, $0x8000000000000000
DATA boxMuller<>+1232(SB)/8, $0x8000000000000000
DATA boxMuller<>+1240(SB)/8, $0x8000000000000000
DATA boxMuller<>+1248(SB)/8, $0x0000000100000001 // evenOnes
DATA boxMuller<>+1256(SB)/8, $0x0000000100000001
DATA boxMuller<>+1264(SB)/8, $0x0000000100000001
DATA boxMuller<>+1272(SB)/8, $0x0000000100000001
DATA boxMuller<>+1280(SB)/8, $0xfffffffefffffffe // evenMask
DATA boxMuller<>+1288(SB)/8, $0xfffffffefffffffe
DATA boxMuller<>+1296(SB)/8, $0xfffffffefffffffe
DATA boxMuller<>+1304(SB)/8, $0xfffffffefffffffe
GLOBL boxMuller<>(SB), RODATA|NOPTR, $1312

// func boxMullerAVX2(dst *float64, groups int)
//
// Two loops, of few enough instructions each that the processor works on several groups at a time: lengths, then angles.
TEXT ·boxMullerAVX2(SB), NOSPLIT, $0-16
	MOVQ    dst+0(FP), DI
	MOVQ    groups+8(FP), CX
	MOVQ    DI, SI
	MOVQ    CX, DX
	VMOVUPD boxMuller<>+0(SB), Y15

length:
	// Two words of each of four pairs.
	VMOVDQU (DI), Y0
	VMOVDQU 32(DI), Y1
	VPUNPCKLQDQ Y1, Y0, Y2
	VPUNPCKHQDQ Y1, Y0, Y3
	// Their upper 53 bits as numbers in [0, 1): 32 bits and 21, by the bits of 2^52 and 2^84.
	VPSRLQ $11, Y2, Y2
	VPBLENDD $0xaa, boxMuller<>+192(SB), Y2, Y4
	VPSRLQ $32, Y2, Y5
	VPOR boxMuller<>+224(SB), Y5, Y5
	VSUBPD boxMuller<>+256(SB), Y5, Y5
	VADDPD Y4, Y5, Y2
	VMULPD boxMuller<>+128(SB), Y2, Y2
	VPSRLQ $11, Y3, Y3
	VPBLENDD $0xaa, boxMuller<>+192(SB), Y3, Y4
	VPSRLQ $32, Y3, Y5
	VPOR boxMuller<>+224(SB), Y5, Y5
	VSUBPD boxMuller<>+256(SB), Y5, Y5
	VADDPD Y4, Y5, Y3
	VMULPD boxMuller<>+128(SB), Y3, Y3
	VSUBPD Y2, Y15, Y2
	// log of Y2, as the standard library has it: 2^k (1+f).
	VPSRLQ $52, Y2, Y4
	VPOR boxMuller<>+192(SB), Y4, Y4
	VSUBPD boxMuller<>+288(SB), Y4, Y4
	VPAND boxMuller<>+320(SB), Y2, Y5
	VPOR boxMuller<>+352(SB), Y5, Y5
	VCMPPD $2, boxMuller<>+384(SB), Y5, Y6
	VANDPD Y15, Y6, Y6
	VSUBPD Y6, Y4, Y4
	VADDPD Y15, Y6, Y6
	VMULPD Y6, Y5, Y5
	VSUBPD Y15, Y5, Y5
	VADDPD boxMuller<>+32(SB), Y5, Y6
	VDIVPD Y6, Y5, Y6
	VMULPD Y6, Y6, Y7
	VMULPD Y7, Y7, Y8
	VMULPD boxMuller<>+672(SB), Y8, Y9
	VADDPD boxMuller<>+608(SB), Y9, Y9
	VMULPD Y8, Y9, Y9
	VADDPD boxMuller<>+544(SB), Y9, Y9
	VMULPD Y8, Y9, Y9
	VADDPD boxMuller<>+480(SB), Y9, Y9
	VMULPD Y9, Y7, Y7
	VMULPD boxMuller<>+640(SB), Y8, Y9
	VADDPD boxMuller<>+576(SB), Y9, Y9
	VMULPD Y8, Y9, Y9
	VADDPD boxMuller<>+512(SB), Y9, Y9
	VMULPD Y9, Y8, Y8
	VADDPD Y8, Y7, Y7
	VMULPD boxMuller<>+64(SB), Y5, Y8
	VMULPD Y5, Y8, Y8
	VADDPD Y8, Y7, Y7
	VMULPD Y7, Y6, Y6
	VMULPD boxMuller<>+448(SB), Y4, Y7
	VADDPD Y7, Y6, Y6
	VSUBPD Y6, Y8, Y8
	VSUBPD Y5, Y8, Y8
	VMULPD boxMuller<>+416(SB), Y4, Y4
	VSUBPD Y8, Y4, Y4
	// r = sqrt(-2 log).
	VMULPD boxMuller<>+96(SB), Y4, Y4
	VSQRTPD Y4, Y4
	VMOVUPD Y4, (DI)
	VMOVUPD Y3, 32(DI)
	ADDQ $64, DI
	DECQ CX
	JNZ  length

angle:
	VMOVUPD (SI), Y4
	VMOVUPD 32(SI), Y3
	// Sine and cosine of Y3 turns, as the standard library has them: octants j, made even.
	VMULPD boxMuller<>+160(SB), Y3, Y3
	VMULPD boxMuller<>+704(SB), Y3, Y5
	VCVTTPD2DQY Y5, X5
	VPADDD boxMuller<>+1248(SB), X5, X5
	VPAND boxMuller<>+1280(SB), X5, X5
	VCVTDQ2PD X5, Y6
	VMULPD boxMuller<>+736(SB), Y6, Y7
	VSUBPD Y7, Y3, Y3
	VMULPD boxMuller<>+768(SB), Y6, Y7
	VSUBPD Y7, Y3, Y3
	VMULPD boxMuller<>+800(SB), Y6, Y7
	VSUBPD Y7, Y3, Y3
	VMULPD Y3, Y3, Y6
	VMULPD boxMuller<>+832(SB), Y6, Y7
	VADDPD boxMuller<>+864(SB), Y7, Y7
	VMULPD Y6, Y7, Y7
	VADDPD boxMuller<>+896(SB), Y7, Y7
	VMULPD Y6, Y7, Y7
	VADDPD boxMuller<>+928(SB), Y7, Y7
	VMULPD Y6, Y7, Y7
	VADDPD boxMuller<>+960(SB), Y7, Y7
	VMULPD Y6, Y7, Y7
	VADDPD boxMuller<>+992(SB), Y7, Y7
	VMULPD Y6, Y6, Y8
	VMULPD Y7, Y8, Y8
	VMULPD boxMuller<>+64(SB), Y6, Y9
	VSUBPD Y9, Y15, Y9
	VADDPD Y8, Y9, Y7
	VMULPD boxMuller<>+1024(SB), Y6, Y8
	VADDPD boxMuller<>+1056(SB), Y8, Y8
	VMULPD Y6, Y8, Y8
	VADDPD boxMuller<>+1088(SB), Y8, Y8
	VMULPD Y6, Y8, Y8
	VADDPD boxMuller<>+1120(SB), Y8, Y8
	VMULPD Y6, Y8, Y8
	VADDPD boxMuller<>+1152(SB), Y8, Y8
	VMULPD Y6, Y8, Y8
	VADDPD boxMuller<>+1184(SB), Y8, Y8
	VMULPD Y6, Y3, Y9
	VMULPD Y8, Y9, Y9
	VADDPD Y9, Y3, Y8
	// Bit 1 of j swaps the two; bit 2 is the sine's sign, and both together the cosine's.
	VPMOVSXDQ X5, Y5
	VPSLLQ $62, Y5, Y9
	VBLENDVPD Y9, Y7, Y8, Y10
	VBLENDVPD Y9, Y8, Y7, Y11
	VPSLLQ $61, Y5, Y12
	VPXOR Y12, Y9, Y13
	VMOVDQU boxMuller<>+1216(SB), Y14
	VPAND Y14, Y12, Y12
	VPAND Y14, Y13, Y13
	VPXOR Y12, Y10, Y10
	VPXOR Y13, Y11, Y11
	VMULPD Y4, Y11, Y11
	VMULPD Y4, Y10, Y10
	VUNPCKLPD Y10, Y11, Y0
	VUNPCKHPD Y10, Y11, Y1
	VMOVUPD Y0, (SI)
	VMOVUPD Y1, 32(SI)
	ADDQ $64, SI
	DECQ DX
	JNZ  angle
	VZEROUPPER
	RET

DATA weyl0<>+0(SB)/8, $0x9e3779b97f4a7c15
GLOBL weyl0<>(SB), RODATA|NOPTR, $8
DATA weyl1<>+0(SB)/8, $0xbb67ae8584caa73b
GLOBL weyl1<>(SB), RODATA|NOPTR, $8

// func philoxBMI2(dst *float64, blocks int, block, index, seed, stream uint64)
TEXT ·philoxBMI2(SB), NOSPLIT, $0-48
	MOVQ dst+0(FP), DI
	MOVQ blocks+8(FP), CX
	MOVQ block+16(FP), R13
	MOVQ $0xd2e7470ee14c6c93, AX
	MOVQ $0xca5a826395121157, BX

block:
	MOVQ R13, R8        // the four words
	MOVQ index+24(FP), R9
	XORL R10, R10
	XORL R11, R11
	MOVQ seed+32(FP), R12
	MOVQ stream+40(FP), R15
	MOVQ R8, DX
	MULXQ AX, R8, SI
	MOVQ R10, DX
	MULXQ BX, R10, DX
	XORQ DX, R9
	XORQ R12, R9
	XORQ SI, R11
	XORQ R15, R11
	ADDQ weyl0<>(SB), R12
	ADDQ weyl1<>(SB), R15
	MOVQ R9, DX
	MULXQ AX, R9, SI
	MOVQ R11, DX
	MULXQ BX, R11, DX
	XORQ DX, R10
	XORQ R12, R10
	XORQ SI, R8
	XORQ R15, R8
	ADDQ weyl0<>(SB), R12
	ADDQ weyl1<>(SB), R15
	MOVQ R10, DX
	MULXQ AX, R10, SI
	MOVQ R8, DX
	MULXQ BX, R8, DX
	XORQ DX, R11
	XORQ R12, R11
	XORQ SI, R9
	XORQ R15, R9
	ADDQ weyl0<>(SB), R12
	ADDQ weyl1<>(SB), R15
	MOVQ R11, DX
	MULXQ AX, R11, SI
	MOVQ R9, DX
	MULXQ BX, R9, DX
	XORQ DX, R8
	XORQ R12, R8
	XORQ SI, R10
	XORQ R15, R10
	ADDQ weyl0<>(SB), R12
	ADDQ weyl1<>(SB), R15
	MOVQ R8, DX
	MULXQ AX, R8, SI
	MOVQ R10, DX
	MULXQ BX, R10, DX
	XORQ DX, R9
	XORQ R12, R9
	XORQ SI, R11
	XORQ R15, R11
	ADDQ weyl0<>(SB), R12
	ADDQ weyl1<>(SB), R15
	MOVQ R9, DX
	MULXQ AX, R9, SI
	MOVQ R11, DX
	MULXQ BX, R11, DX
	XORQ DX, R10
	XORQ R12, R10
	XORQ SI, R8
	XORQ R15, R8
	ADDQ weyl0<>(SB), R12
	ADDQ weyl1<>(SB), R15
	MOVQ R10, DX
	MULXQ AX, R10, SI
	MOVQ R8, DX
	MULXQ BX, R8, DX
	XORQ DX, R11
	XORQ R12, R11
	XORQ SI, R9
	XORQ R15, R9
	ADDQ weyl0<>(SB), R12
	ADDQ weyl1<>(SB), R15
	MOVQ R11, DX
	MULXQ AX, R11, SI
	MOVQ R9, DX
	MULXQ BX, R9, DX
	XORQ DX, R8
	XORQ R12, R8
	XORQ SI, R10
	XORQ R15, R10
	ADDQ weyl0<>(SB), R12
	ADDQ weyl1<>(SB), R15
	MOVQ R8, DX
	MULXQ AX, R8, SI
	MOVQ R10, DX
	MULXQ BX, R10, DX
	XORQ DX, R9
	XORQ R12, R9
	XORQ SI, R11
	XORQ R15, R11
	ADDQ weyl0<>(SB), R12
	ADDQ weyl1<>(SB), R15
	MOVQ R9, DX
	MULXQ AX, R9, SI
	MOVQ R11, DX
	MULXQ BX, R11, DX
	XORQ DX, R10
	XORQ R12, R10
	XORQ SI, R8
	XORQ R15, R8
	MOVQ R10, (DI)
	MOVQ R11, 8(DI)
	MOVQ R8, 16(DI)
	MOVQ R9, 24(DI)
	ADDQ $32, DI
	INCQ R13
	DECQ CX
	JNZ  block
	RET
