"""The other words that the local director knows: inks, and the small words around a mood.

The words are written as in `moods.py`.
"""

from __future__ import annotations

from typing import Final

# Inks that a prompt names: the ink and its words.
COLORS: Final[dict[str, str]] = {
    "#9e2121": """
        red rot rouge rojo roja rosso 赤 赤い 红 红色 紅 🔴 🟥 ♥
    """,
    "#87142a": """
        crimson scarlet carmine ruby blood_red cherry burgundy maroon wine cramoisi écarlate
        carmesí escarlata granate 深紅 真紅 绯红 🍷 🍒
    """,
    "#a8441f": """
        vermilion vermillion cinnabar rust terracotta copper brick zinnober kupfer vermillon
        cuivre bermellón cobre 朱 朱色 朱红 朱砂
    """,
    "#b5622a": """
        orange tangerine amber apricot naranja anaranjado 橙 橙色 オレンジ 🟠 🟧 🍊
    """,
    "#a98a2c": """
        gold golden yellow mustard ochre ocher saffron honey gelb jaune doré amarillo dorado oro
        金 黄 黄色 金色 黄金 🟡 🟨 🍯
    """,
    "#3f6b3c": """
        green emerald jade grün vert verte verde 緑 绿 绿色 翡翠 🟢 🟩 💚
    """,
    "#66703a": """
        olive khaki oliv 抹茶 橄榄
    """,
    "#2f6f6a": """
        teal turquoise cyan aqua verdigris petrol türkis sarcelle turquesa 青緑 青绿
    """,
    "#2a4a78": """
        blue cobalt sapphire navy azure ultramarine blau bleu bleue azul marineblau blu 青 青い
        蓝 蓝色 藍 🔵 🟦 💙
    """,
    "#35356e": """
        indigo 藍色 靛蓝
    """,
    "#5b3a74": """
        purple violet amethyst lila violett pourpre morado violeta púrpura 紫 紫色 🟣 🟪 💜
    """,
    "#8d7aa5": """
        lavender lilac mauve lavendel lavande lavanda
    """,
    "#b0617a": """
        pink magenta fuchsia rose rosy rosa rosado 桃色 ピンク 粉色 粉红 🩷
    """,
    "#5f4128": """
        brown sepia umber chestnut coffee bronze braun brun marron castaño 茶色 褐色 棕色 🟤 🟫
    """,
    "#141414": """
        black ebony jet onyx obsidian schwarz noir noire negro negra nero 黒 黒い 黑 黑色 漆黒 ⚫
        ⬛
    """,
    "#6b6d70": """
        grey gray silver pewter grau silber gris argent plateado plata 灰色 銀 银色 🩶
    """,
    "#d0c8ba": """
        white ivory cream bone pearl milk weiss elfenbein blanc blanche blanco blanca ivoire
        marfil 白 白い 白色 ⬜ 🤍
    """,
    "#c4b08f": """
        beige parchment pergament parchemin pergamino 羊皮纸
    """,
}

# How light the ink is: 1 would be paper, -1 black.
TINTS: Final[dict[float, str]] = {
    0.55: """
        pale faded washed_out pastel bleached blass bleich pálido 薄い 淡 苍白
    """,
    0.3: """
        light bright luminous glowing radiant shining lumineux clair claire brillante luminoso
        claro licht lumière luz 明るい 光 明亮 💡 🕯
    """,
    -0.35: """
        dark darkness shadow shadowy deep dim dunkel dunkelheit schatten finster tief sombre
        obscur ténèbres ombre profond oscuro oscuridad sombra profundo 暗い 影 深い 黑暗 暗 🌑
    """,
}

# How much the next meaningful word counts.
INTENSIFIERS: Final[dict[float, str]] = {
    0.5: """
        slightly little bit somewhat mildly faintly trace etwas bisschen kaum hardly barely
        scarcely wenig peu légèrement poco algo ligeramente 少し ちょっと やや 微か 有点 稍微 略
    """,
    1.35: """
        very really so deeply truly sehr ganz wirklich très vraiment si muy realmente とても
        本当に 大変 很
    """,
    1.7: """
        extremely utterly totally absolutely incredibly intensely super extrem äußerst total
        völlig extrêmement absolument extremadamente sumamente 極めて 非常に 物凄い すごく 非常
        极其 极 太 超
    """,
}

# What turns the next meaningful word into its opposite …
NEGATORS: Final = """
    not no without never neither nor none lacking free_of devoid_of cannot isn't aren't wasn't
    don't doesn't won't can't ain't nicht kein keine keinen ohne nie niemals weder ni pas sans
    jamais aucun aucune sin nunca jamás ningún ninguna tampoco 不 没 没有 沒有 不是 毫无 并不
"""

# … and the one before it (Japanese).
NEGATORS_AFTER: Final = """
    ない なし 無し なく ません ではない じゃない のない
"""

# Where a negation ends …
BREAKS: Final = """
    . , ; : ! ? but yet however instead rather aber sondern doch mais pero sino 。 、 でも しかし
    但是 但 而是
"""

# … and where it goes on to one more word.
JOINS: Final = """
    or oder ou または 或 或者
"""

# Words that say nothing of the picture.
FILLERS: Final = """
    a an the of at in on to into from with by for as is are am be was were been being it its this
    that these those i my we our you your he she his her they their them there and over under
    through between like feel feeling want make draw paint painted some any all one picture image
    enso circle drawing painting style der das dem den des ein eine einen einem einer und im auf
    mit von zu ist sind wie für über unter le la les l un une du de d et au aux en dans sur avec
    s t m n c j qu pour est el los las lo una unos y o del al con por es como
    の は が を に で と も や へ 的 了 在 和 是
"""

# What announces an inscription, before its quotation marks …
ASKS_FOR_WORDS: Final = """
    word words text saying says say said reading reads read inscribed inscription inscribe
    written writing write lettering letters caption captioned title titled motto labelled labeled
    label phrase quote kanji character characters wort worten wörtern wörter schrift inschrift
    aufschrift beschriftet geschrieben
    titel mot mots texte inscription écrit titre légende palabra palabras texto inscripción
    escrito dice título leyenda
"""

# … and in scripts without blanks, before or after them.
ASKS_FOR_WORDS_UNSPACED: Final = """
    文字 言葉 書い 題 銘 写着 写上 题字 文本 字样
"""

# Endings of English, German, French and Spanish; after `>`, what stands there in the basic form.
ENDINGS: Final = """
    iness>y ness> iest>y est> est>e ily>y ly> ly>le ies>y ier>y ing> ing>e ied>y ed> ed>e ful>
    like> ish> es> es>e er> er>e en> em> mente> mente>o amente>o ment> as>o as>a os>o
    s> n> d> r> e> y> y>e a>o
"""

# Opening quotation marks, and what may close each.
QUOTES: Final[dict[str, str]] = {
    '"': '"',
    "'": "'",
    "“": "”",
    "„": "“”",
    "«": "»",
    "»": "«",
    "‘": "’",
    "「": "」",
    "『": "』",
}
