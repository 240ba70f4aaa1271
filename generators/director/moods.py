"""The moods that the local director knows: what is felt, how it is, what is there.

A row is ink, density, wildness, words, and goes on in indented lines. Density runs from -1
(sparse) to 1 (dense), wildness from -1 (serene) to 1 (unhinged); `-` is no ink. The words are
those of all languages, and the emoji, with that meaning, in their basic form (`vocabulary.py`
takes endings off); `_` is a blank inside a phrase. A word stands in one row of one table only.
"""

from __future__ import annotations

from typing import Final

# What is felt.
EMOTIONS: Final = """
#8e1f1b +0.80 +0.90 rage fury furious wrath aggressive brutal fierce ferocious savage seething
    boiling frustrated irritated annoyed resentful vengeful revenge bitter anger angry mad madden
    hate hatred hateful livid outrage enraged berserk hostile zorn wut wütend zornig hass grimm
    colère furieux furieuse fureur haine ira furia furioso rabia enojo enfadado odio rabbia 怒り
    怒る 怒っ 怒 激怒 憤怒 愤怒 憤り 生气 怒气 恨 😡 🤬 👿 💢 😠 😤 怒り狂 ムカつく wutentbrannt
    irate
#7a1515 +0.90 +0.90 war battle violence violent bloodthirsty samurai ninja warrior knight soldier
    gladiator kill murder massacre fight slaughter krieg schlacht gewalt kampf guerre bataille
    violenza guerra batalla violencia 戦争 戦い 战争 暴力 ⚔ 🗡
#a8432a +0.45 +0.60 passion passionate desire lust tango ardent ardour ardor fervor craving
    leidenschaft leidenschaftlich begierde sehnsüchtig désir passionné pasión apasionado deseo
    情熱 激情 热情 💃
#9c4550 +0.10 -0.30 love loving beloved tender embrace wedding motherhood mother father family
    friend friendship tenderness affection romance romantic heart kiss liebe zärtlich herz kuss
    amour tendre tendresse cœur baiser amor ternura corazón cariño beso 愛 恋 爱 心 ❤ 💕 💖 😍 🥰
    💗 💓 💘 😘
#c08a2e +0.25 +0.25 joy joyful joyous happy silly goofy whimsical quirky mischievous naughty
    optimistic content satisfied elated jolly gleeful amazed astonished surprised happiness cheer
    cheerful delight glad laugh laughter merry playful smile freude fröhlich glücklich glück
    heiter joie joyeux joyeuse heureux heureuse bonheur alegría alegre feliz felicidad 喜び 嬉しい
    幸せ 快乐 喜悦 幸福 😀 😄 😁 😊 🙂 😂 😃 😆 😅 🥳 愉快 bliss blissful fun funny
#c2752a +0.70 +0.80 ecstasy ecstatic euphoria euphoric punk techno opera drum thrill thrilled
    excitement excited exuberant party celebration celebrate festival carnival dance dancing
    rausch ekstase fest tanz tanzen extase fête danse danser fiesta éxtasis baile bailar 踊り 祭り
    狂喜 舞 🎉 🎊 🤩 🪩 🎆
#4a5d78 -0.35 -0.35 sad sadness sorrow sorrowful hurt sob heartbreak farewell goodbye grief grieve
    mourn mournful weep cry tear unhappy heartbroken traurig trauer kummer weinen träne triste
    tristesse chagrin pleurer larme tristeza pena llorar llanto lágrima 悲しい 悲しみ 悲 涙 泣く
    悲伤 忧伤 眼泪 😢 😭 😞 💔 😔 🥺 😥 guilt shame regret pitiful 悲し 哀しい
#5b6470 -0.55 -0.45 melancholy melancholic wistful longing memory past childhood pessimistic
    nostalgia nostalgic yearning pensive bittersweet melancholie melancholisch sehnsucht wehmut
    wehmütig mélancolie mélancolique nostalgie melancolía melancólico nostálgico saudade 切ない
    哀愁 憂鬱 憂い 懐かしい 忧郁 惆怅 思念
#3a3d44 -0.65 -0.30 lonely loneliness lonesome alone lost solitude solitary isolated abandoned
    forgotten einsam einsamkeit allein seul solitaire soledad solitario solo 孤独 寂しい 寂寞 孤单
    🥀
#23252b +0.55 +0.10 despair desperate hopeless misery dreary bleak somber grim morbid macabre
    miserable anguish agony torment suffering doom gloom gloomy depressed depression verzweiflung
    verzweifelt qual elend désespoir angoisse desesperación agonía angustia 絶望 苦悩 绝望 痛苦 😩
    😫 pain painful torture schmerz douleur dolor
#2d2b3a +0.45 +0.65 fear afraid scare scared sinister ominous menacing evil wicked cursed curse
    witch vampire zombie worried stressed overwhelmed paranoid frightened shocked terror terrified
    terrifying horror horrible horrific dread dreadful panic nightmare scream anxiety anxious
    angst furcht schrecken grauen alptraum albtraum peur terreur cauchemar effroi miedo pánico
    pesadilla horreur 恐怖 恐れ 怖い 不安 悪夢 害怕 恐惧 😱 😨 😰 🫣 spooky creepy eerie haunted
    unheimlich
#4b5a2f +0.45 +0.40 disgust disgusting envy envious greedy greed ugly grotesque swamp jealous
    jealousy poison poisonous toxic venom rotten decay sick disease plague ekel neid eifersucht
    gift dégoût jalousie veneno asco envidia celos 嫉妬 毒 嫉妒 🤢 🤮 ☠ 🧪 rotting 厌恶
#8794a0 -0.80 -0.90 calm calmness peace peaceful mellow lazy idle rest contentment serene serenity
    tranquil tranquility tranquillity relax relaxed soothe soothing placid restful ruhe ruhig
    frieden friedlich gelassen gelassenheit sanft calme paix paisible serein sérénité apaisé calma
    paz tranquilo tranquila sereno serenidad 静か 穏やか 平和 安らぎ 静けさ 平静 宁静 安静 安宁
    平穏 😌 🧘 🕊 ☮
#77808a -0.85 -0.85 quiet quietly silence silent hush hushed still stillness whisper leise stille
    schweigen flüstern silencieux silencio silencioso susurro murmure murmur 沈黙 静寂 寂 静 寂静
    沉默 🤫 🤐
#6e6a63 -0.75 -0.80 zen meditation meditate meditative shrine church cathedral sage holy sacred
    divine god angel breath mindful contemplation contemplative prayer pray deep_breath buddha
    satori monk temple achtsamkeit gebet atem tempel prière souffle meditación oración aliento
    templo meditar 禅 瞑想 悟り 祈り 仏 冥想 禅定 ☯ 🙏 🪷 ⛩
#a3764f -0.15 -0.40 hope hopeful gentle kind kitchen hearth lamp bread kindness comfort cozy cosy
    warm warmth home hug grateful gratitude trust hoffnung geborgen wärme heimat dankbar espoir
    douceur doux douce chaleur esperanza suave calor gracias 希望 優しい 温かい 温暖 感谢 🤗 ☕ 🏡
    candle lantern bougie vela kerze sweet
#8c6a2f +0.45 +0.20 pride proud glory glorious king queen royal luxurious confident determined
    ambitious unstoppable triumph triumphant victory victorious brave courage heroic hero power
    powerful strong strength might mighty majestic fearless stolz sieg mut mutig stark kraft macht
    fierté gloire victoire orgullo victoria valiente fuerza poder 誇り 勝利 勇気 胜利 勇敢 力量 💪
    🏆 👑
#4c4468 +0.15 +0.30 wonder wondrous awe magic curious bewildered eternity infinity infinite time
    timeless labyrinth maze magical mystic mystical mystery mysterious enchanted enchantment spell
    wizard sorcery eldritch occult arcane strange weird uncanny wunder magie magisch zauber
    geheimnis rätsel magique mystère mystérieux magia mágico misterio misterioso 神秘 魔法 不思議
    奇跡 奇迹 🔮 ✨ 🧙 🪄
#6d6f8c -0.40 -0.35 dream dreamy dreaming sleep drift float sleepy slumber lullaby drowsy reverie
    traum träumen schlaf rêve rêver sommeil sueño soñar dormir dromen 夢 眠り 夢見る 梦 梦境 睡眠
    😴 💤 🛌
#74706a -0.30 +0.05 tired weary exhausted exhaustion bored boredom dull müde erschöpft langeweile
    fatigué ennui cansado aburrido 疲れ 退屈 疲惫 无聊 🥱 😪
"""

# How it is.
QUALITIES: Final = """
- +0.60 +1.00 chaos chaotic wild wilderness whirlwind vortex spiral swirl tempestuous stürmisch
    chaotisch tempétueux tormentoso rebellious rebel revolution crazy insane insanity
    frantic frenzy frenzied feral unhinged anarchy mayhem turmoil riot madness mania manic
    turbulent turbulence havoc wildheit verrückt wahnsinn irre sauvage fou folle folie caos
    caótico salvaje loco locura desatado 混沌 狂気 乱 暴れる 荒々しい 疯狂 混乱 狂野 🤪 🤯 🌀
- +0.70 +0.80 explode explosion explosive burst crack fracture splinter broken meteor comet roar
    eruption erupt shatter shattered crash smash blast scatter shred torn broken_glass wreck ruin
    destroy destruction explodieren zerstören zerstörung zerbrochen exploser détruire explotar
    destruir destrucción roto 爆発 破壊 爆炸 毁灭 💥 💣 🧨
- +0.20 +0.65 restless nervous tense agitated pixel digital unsettled trembling shake
    shaking jitter erratic jagged sharp glitch noisy noise loud scribble unruhig nervös laut agité
    bruyant inquieto ruidoso nervioso 激しい 激烈 うるさい ⚠ confused confusion verwirrt
- +0.10 +0.55 fast quick swift rapid dynamic vigorous rush speed hurry race run running schnell
    eile vite rapide vitesse rápido prisa veloz 速い 急 快速 🏃 🏎 🚀
- +0.95 +0.20 dense thick heavy massive tangle knot crowded rich bold lush abundant countless
    complex intricate elaborate ornate tangled overgrown dicht dick schwer üppig komplex épais
    lourd touffu complexe denso grueso pesado complejo frondoso 濃い 重い 複雑 厚 浓 复杂 沉重
    浓密
- +0.35 +0.15 huge giant enormous vast grand colossal epic towering riesig gewaltig immense énorme
    gigante inmenso 巨大 壮大 宏大 雄伟
- -0.95 -0.20 sparse thin bare minimal minimalist minimalism simple simplicity plain empty
    emptiness hollow few scant austere spare lean leer karg schlicht einfach dünn minimalistisch
    vide mince épuré sobre vacío delgado sencillo escaso 簡素 簡単 細い 余白 简单 简约 稀疏 空白
    ⚪
- -0.65 -0.55 soft softly delicate fragile humble modest embarrassed velvet subtle faint wispy
    ethereal airy tiny small feather gossamer lace fine zart fein weich zerbrechlich leicht léger
    légère délicat delicado ligero frágil fino 繊細 柔らかい 儚い 淡い 軽い 柔软 温柔 🪶 shy timid
    schüchtern timide tímido 轻柔 轻盈
- -0.35 -0.80 slow slowly steady smooth elegant graceful grace sublime refined sophisticated
    beautiful beauty waltz ballet flowing flow balance balanced harmony harmonious order orderly
    perfect pure purity clean precise langsam stetig fließen harmonie rein harmonieux ordre pur
    lento armonía orden puro equilibrio 調和 ゆっくり 緩やか 純粋 和谐 慢 纯净 平衡 ⚖ lente
    lentement
- +0.20 +0.40 old ancient rough rugged worn weathered rusty crumbling cracked alt rau verwittert
    vieux ancien rugueux viejo antiguo áspero 古い 古代 荒い 古老 粗糙
- +0.05 +0.35 alive lively living energy vibrant vivid colorful colourful energetic electric
    lebendig energie vif vivant energía vivo 元気 生きる 活力 生命
"""

# What is there: elements, weather, seasons, hours, plants, beasts, matter.
THINGS: Final = """
#b3401c +0.65 +0.75 fire flame blaze burn fiery burning burnt ember inferno wildfire ignite torch
    feuer flamme brennend glut feu brûler brûlant fuego llama arder ardiente incendio 火 炎 燃える
    燃え 焔 火焰 燃烧 🔥 🧯 hot heat heiss hitze chaud caliente 熱い 热 phoenix
#7d2a14 +0.85 +0.80 lava magma volcano volcanic hell hellfire vulkan hölle volcan enfer infierno
    火山 溶岩 地獄 地狱 🌋
#6e1212 +0.50 +0.45 blood bloody bleed wound gore flesh blut blutig blessure sangre herida 血 🩸
#7d7a76 +0.10 +0.15 ash smoke soot dust rauch asche staub fumée cendre poussière humo ceniza polvo
    煙 灰 尘 烟 💨
#33485c +0.75 +0.95 storm stormy tempest thunder thunderous thunderstorm lightning hurricane
    typhoon tornado cyclone gale sturm gewitter donner blitz orkan tempête orage tonnerre éclair
    foudre ouragan tormenta trueno rayo relámpago huracán tempestad 嵐 雷 稲妻 台風 風暴 暴风雨
    闪电 雷电 台风 ⛈ 🌩 🌪 ⚡
#6f8790 +0.05 +0.35 wind windy breeze breezy gust blow wehen brise vent viento soplo 風 そよ風 风
    微风 🌬 🎐
#5a6f80 +0.30 +0.00 rain rainy drizzle shower drop puddle regen pluie goutte lluvia gota 雨 雨天
    下雨 🌧 ☔ 💧 🌦
#8f979b -0.50 -0.60 fog foggy mist misty haze hazy cloud cloudy vapor veil nebel neblig wolke
    dunst brume brouillard nuage niebla nube bruma 霧 雲 靄 雾 云 云雾 ☁ 🌫
#98a9b5 -0.60 -0.55 snow snowy frost frosty iceberg tundra hail ice icy frozen freeze glacier
    winter wintry cold arctic polar schnee eis kalt kälte neige glace hiver froid nieve hielo
    invierno frío escarcha 雪 氷 冬 寒い 冷たい 冰 冷 寒 寒冷 ❄ ☃ ⛄ 🧊 🥶
#7d98a1 -0.30 +0.70 blizzard avalanche snowstorm schneesturm lawine ventisca 吹雪 雪崩 暴雪
#2b5566 +0.45 +0.30 sea ocean marine meer reef island ship boat sail harbor harbour lighthouse
    shark ozean mer mar océano 海 大海 海洋 🐚
#2e5d73 +0.60 +0.60 wave surf tide tsunami flood torrent waterfall maelstrom whirlpool welle flut
    wasserfall marée cascade inondation ola marea cascada 波 津波 滝 渦 海浪 瀑布 浪 🌊 🏄
#7393a0 -0.50 -0.75 lake pond pool lagoon mirror teich weiher lac étang lago laguna estanque 湖 池
    湖水 水面 池塘
#4f7f8c -0.10 -0.10 water river stream creek brook fountain wasser fluss bach eau rivière fleuve
    ruisseau agua río arroyo 水 川 河 江 泉 💦 🏞
#5c636b +0.60 -0.20 mountain peak summit cliff canyon valley cave hill berg gipfel montagne
    colline montaña colina 山 峰 崖 丘 ⛰ 🏔 🗻
#59554f +0.55 -0.35 stone rock pebble granite marble slate concrete boulder stein fels pierre
    roche rocher piedra roca 石 岩 🪨 🗿
#b59262 -0.50 -0.20 sand desert dune beach shore wüste strand sable plage arena desierto playa 砂
    砂漠 沙 沙漠 海滩 🏜 🏖
#6b4f34 +0.40 -0.20 earth soil mud clay road path journey ground erde lehm terre tierra barro 土
    大地 泥 🌍 🌎 🌏
#3e5a3a +0.65 +0.00 forest wood woods tree jungle pine oak leafy wald baum forêt arbre bosque
    árbol selva 森 木 林 樹 森林 树 松 🌲 🌳 🌴 🎄
#5d7a45 +0.05 -0.25 leaf grass moss fern meadow field garden herb tea blatt gras wiese garten moos
    feuille herbe prairie jardin mousse hoja hierba pradera musgo 葉 草 苔 庭 茶 叶 花园 🌿 🍃 🍀
    🌱 🍵
#6f8f5a -0.25 +0.00 bamboo reed willow bambus bambou bambú 竹 柳 葦 竹子 🎋 🎍
#b4717f -0.25 -0.30 flower blossom petal bloom coral peony orchid cherry_blossom sakura spring
    springtime tulip lily blume blüte frühling kirschblüte fleur printemps pétale flor primavera
    pétalo cerezo 花 桜 春 梅 樱花 春天 🌸 🌷 🌺 💐 🌼
#9a3346 +0.20 -0.10 rosebud 薔薇 玫瑰 バラ 🌹
#c19a3a +0.30 +0.05 sun sunny sunshine sunlight sparkle glitter shiny summer noon midday day
    daylight sonne sonnig sommer soleil été jour midi sol soleado verano día 太陽 夏 昼 太阳 夏天
    阳光 ☀ 🌞 🌻 😎
#d2a58c -0.50 -0.45 dawn sunrise daybreak morning morgen morgendämmerung sonnenaufgang morgenröte
    morgengrauen aube aurore matin amanecer alba mañana madrugada 夜明け 朝 暁 黎明 日出 清晨 早晨
    曙 🌅 🌄
#a5563c +0.05 -0.20 dusk sunset twilight evening abend dämmerung sonnenuntergang abendrot
    crépuscule soir couchant atardecer ocaso crepúsculo tarde 夕暮れ 夕焼け 夕 黄昏 傍晚 日落 🌇
    🌆
#1f2740 +0.20 -0.30 night midnight nocturnal nacht mitternacht nuit minuit noche medianoche 夜
    真夜中 夜晚 深夜 🌃
#7b86a3 -0.50 -0.65 moon moonlit moonlight lunar crescent full_moon mond mondlicht vollmond lune
    luna 月 満月 月光 明月 🌙 🌕 🌛 🌜 🌝 🌚 🌓
#3b4170 +0.25 +0.05 star starry starlight stellar planet constellation cosmos cosmic space galaxy
    nebula universe milky_way stern sternenklar weltall étoile espace estrella espacio estrellado
    星 宇宙 銀河 星空 银河 ⭐ 🌟 🌠 🌌 🪐 💫
#3f7566 +0.10 +0.25 aurora northern_lights polarlicht オーロラ 极光
#15151a +0.60 +0.05 void abyss black_hole nothingness oblivion death dead grave tomb skull funeral
    leere abgrund nichts tod tot néant abîme mort abismo muerte muerto nada 虚無 闇 深淵 死 暗闇
    虚无 深渊 死亡 💀 ⚰ 🖤 🕳 🪦
#9a4f22 +0.15 +0.15 autumn harvest maple pumpkin herbst automne otoño 秋 紅葉 枫叶 秋天 🍂 🍁 🎃
#8fa0ad -0.60 -0.55 sky heaven air himmel luft ciel cielo aire 天空 空気 空气 青空 空
#7a5a86 +0.25 +0.10 rainbow prism opal regenbogen arcoíris 虹 彩虹 🌈 🦄
#26262c +0.50 +0.35 raven crow bat vulture rabe krähe corbeau cuervo 烏 カラス 鴉 乌鸦 🦇
#6b5d4f +0.15 +0.10 bird owl eagle hawk falcon sparrow swallow nightingale vogel eule adler oiseau
    hibou aigle pájaro ave águila 鳥 鷹 鸟 🐦 🦉 🦅
#8f9698 -0.60 -0.60 crane heron swan dove egret kranich schwan taube grue cygne colombe grulla
    cisne paloma 鶴 白鳥 鹤 天鹅 🦢
#5c4a3d +0.50 +0.70 wolf bear boar beast gorilla monster bull bison horse stallion bär bestie
    ungeheuer pferd loup bête monstre cheval lobo oso bestia monstruo caballo toro 狼 熊 馬 怪物
    马 🐺 🐻 🐂 🐎 👹 👺
#a5622a +0.55 +0.75 tiger lion panther jaguar leopard löwe tigre león 虎 獅子 狮子 老虎 🐅 🐯 🦁
    🐆
#7a2f22 +0.80 +0.80 dragon demon devil daemon satan drache dämon teufel diable demonio diablo 龍
    竜 鬼 悪魔 龙 恶魔 🐉 🐲 😈
#4d5c33 +0.20 +0.55 snake serpent viper lizard schlange serpiente 蛇 🐍 🦎
#2c2a2b +0.55 +0.55 spider insect swarm scorpion web beetle ant spinne käfer araignée araña
    insecto 蜘蛛 虫 蜘蛛网 🕷 🕸 🐜 🦂
#a67b3b -0.35 +0.10 butterfly moth bee dragonfly firefly schmetterling biene papillon abeille
    mariposa abeja 蝶 蛍 蜻蛉 蝴蝶 蜜蜂 🦋 🐝
#8a7761 -0.30 -0.25 deer rabbit hare mouse lamb sheep cat kitten dog reh hase katze hund schaf
    cerf lapin chien ciervo conejo gato perro oveja 鹿 兎 猫 犬 羊 狗 兔 🦌 🐇 🐱 🐈 🐶 🐑
#b2592b +0.00 +0.20 fox koi carp goldfish monkey fuchs renard zorro 狐 鯉 狐狸 🦊 🎏
#3f6a75 -0.10 -0.10 fish dolphin jellyfish octopus fisch qualle poisson pez 魚 鱼 水母 🐟 🐬 🐙 🪼
#39505f +0.40 -0.50 whale elephant wal elefant baleine ballena elefante 鯨 鲸 🐋 🐳 🐘 大象
#5e6b4e -0.30 -0.70 turtle tortoise snail schildkröte schnecke tortue escargot tortuga caracol 亀
    蝸牛 乌龟 🐢 🐌
#6d7478 +0.50 +0.10 iron steel metal machine engine chain sword blade eisen stahl schwert maschine
    fer acier épée hierro acero espada 鉄 刀 剣 钢铁 剑 ⛓ 🤖 ⚙
#a9b6b8 -0.50 -0.30 glass crystal diamond porcelain glas kristall porzellan verre cristal vidrio
    硝子 水晶 玻璃 💎 🪟
#96705a -0.40 -0.50 silk paper cotton wool linen seide papier wolle soie seda papel 絹 紙 丝绸 纸
    📜 🧵
#1d1d20 +0.45 +0.10 ink sumi calligraphy tinte tusche encre tinta calligraphie caligrafía 墨 書道
    墨水 书法 水墨 🖋 🖌 ✒
#54525b +0.70 +0.40 city urban traffic crowd cyberpunk robot computer code hacker skyline neon
    tokyo subway factory industrial stadt großstadt ville ciudad 都市 街 城市 🏙 🚦
#5a4a6b +0.20 +0.25 music song melody jazz guitar violin piano symphony musik lied musique
    chanson música canción 音楽 歌 音乐 🎵 🎶 🎻 🎹
#8d5f6a -0.30 -0.25 child baby innocence innocent kinder unschuld enfant bébé niño niña 子供
    赤ちゃん 孩子 👶
#9aa3a6 -0.50 +0.05 ghost ghostly spirit phantom soul specter spectre geist seele fantôme âme
    fantasma alma 幽霊 魂 灵魂 👻
#6f93a8 -0.10 +0.25 free freedom liberty fly flight soar freiheit frei fliegen liberté libre voler
    libertad volar 自由 飞翔 🪁
"""
