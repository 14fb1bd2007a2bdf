-- A store of format 1, as SQLite's dump writes it. Never changed.
BEGIN TRANSACTION;
CREATE TABLE wushe_commands (
	"key" TEXT NOT NULL, 
	salt TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	answer TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "wushe_commands" VALUES('first','2da7f6f126d5e1a166f4d32d0d98f400','8d5876a053e3cb30145f65d5dae2a235001e1cd677d8dbac904cad9eb0b5683d',1,1,'["A"]');
CREATE TABLE wushe_events (
	number INTEGER NOT NULL, 
	stream TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	at TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	ref TEXT, 
	data TEXT NOT NULL, 
	words_digest TEXT, 
	hash TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "wushe_events" VALUES(1,'job/A','job.placed','2025-09-15T02:00:00.000000Z','W-1','f13ec8423e20a34480ebcb760052a7e0','{"amount":1,"due_at":"2025-09-17","parts":[["a",1]]}','f41015e14f1cfcd7d59f23d2a25f0e9a68fd094e94048f4ff4f82a2c34ed3972','791b7e2956d2c24a83d340a212e0adaaf947b74972bc55fe1497dbc9aa2f8008');
INSERT INTO "wushe_events" VALUES(2,'job/B','job.placed','2025-09-15T02:00:00.000000Z','W-1','e023b207be05d393bcc386ff280b1367','{"amount":3,"due_at":"2025-09-19","parts":[["a",3]]}','8947184a341c8cde6bdb6681ffcc2596547fa05f602b84b1ef239b2b2d6cc53c','794aed4091f72d1754a4609d44298abf10342f8b403cfc7ba9d8e9c47b905794');
INSERT INTO "wushe_events" VALUES(3,'job/A','job.taken','2025-09-15T01:00:00.000000Z','W-1',NULL,'{"helper":"V-1"}',NULL,'6127bc76aab1d749ca03ff206fb39d75be645cc5a636ff8409839fd140ff8074');
INSERT INTO "wushe_events" VALUES(4,'case/f13ec8423e20a34480ebcb760052a7e0','case.noted','2025-09-15T01:00:00.000000Z','W-1','f13ec8423e20a34480ebcb760052a7e0','{"at":"2025-09-15T01:00:00.000000Z","by":"W-1","event":"bbfd1cd24e4b02e467ea712b9830d4f1a7a51840cc7349a545e5041f31be7dde","kind":"visit"}','61cb1519472727da1d0cb6674046e4a6100413aaf8dd47ff8e150ae725599ecc','c8da5b8670337f89af1741472b90d9bf18496b286fe07e454a7cdf70dbe1d504');
INSERT INTO "wushe_events" VALUES(5,'subject/e023b207be05d393bcc386ff280b1367','subject.erased','2025-09-15T01:00:00.000000Z','W-1','e023b207be05d393bcc386ff280b1367','{"ground":"withdrawn","ref":"e023b207be05d393bcc386ff280b1367"}',NULL,'f5443309f3e8edbc0bad6a9f9ab4d50cf9d83b75576060d0082e4b5a084d4fde');
CREATE TABLE wushe_format (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT wushe_format_pkc PRIMARY KEY (version_num)
);
INSERT INTO "wushe_format" VALUES('0001');
CREATE TABLE wushe_head (
	id INTEGER NOT NULL, 
	entries INTEGER NOT NULL, 
	hash TEXT NOT NULL, 
	shape TEXT NOT NULL, 
	secret TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "wushe_head" VALUES(1,5,'f5443309f3e8edbc0bad6a9f9ab4d50cf9d83b75576060d0082e4b5a084d4fde','8788786e547582112668f8bd3419fab70c7323961828b0eb2bf02a2d0d85e2dc','a88cdea0fb9301bb69087ff5874172f5');
CREATE TABLE wushe_state (
	kind TEXT NOT NULL, 
	id TEXT NOT NULL, 
	body TEXT NOT NULL, 
	k1 TEXT, 
	k2 TEXT, 
	k3 TEXT, 
	k4 TEXT, 
	PRIMARY KEY (kind, id)
);
INSERT INTO "wushe_state" VALUES('job','A','{"amount":1,"client":"f13ec8423e20a34480ebcb760052a7e0","counts":{"V-1":1},"due_at":"2025-09-17","helper":"V-1","id":"A","notes":[[1,"V-1"],[0,null]],"parts":[{"amount":1,"name":"a"}],"status":null,"version":2}',NULL,'V-1','f13ec8423e20a34480ebcb760052a7e0','2025-09-17');
INSERT INTO "wushe_state" VALUES('job','B','{"amount":3,"client":"e023b207be05d393bcc386ff280b1367","due_at":"2025-09-19","id":"B","parts":[{"amount":3,"name":"a"}]}','open',NULL,'e023b207be05d393bcc386ff280b1367','2025-09-19');
INSERT INTO "wushe_state" VALUES('case_note','bbfd1cd24e4b02e467ea712b9830d4f1a7a51840cc7349a545e5041f31be7dde','{"at":"2025-09-15T01:00:00.000000Z","id":"bbfd1cd24e4b02e467ea712b9830d4f1a7a51840cc7349a545e5041f31be7dde","kind":"visit","ref":"f13ec8423e20a34480ebcb760052a7e0"}','f13ec8423e20a34480ebcb760052a7e0',NULL,NULL,NULL);
CREATE TABLE wushe_subjects (
	ref TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	salt TEXT NOT NULL, 
	PRIMARY KEY (ref), 
	UNIQUE (subject)
);
INSERT INTO "wushe_subjects" VALUES('f13ec8423e20a34480ebcb760052a7e0','H-1','8e92a78cc7defe18ac9c627403a26a1a');
CREATE TABLE wushe_words (
	number INTEGER NOT NULL, 
	ref TEXT, 
	salt TEXT NOT NULL, 
	content TEXT NOT NULL, 
	PRIMARY KEY (number)
);
INSERT INTO "wushe_words" VALUES(1,'f13ec8423e20a34480ebcb760052a7e0','089994768b9a5324fffe441647d6d796','{"why":"王老太说她摔了一跤"}');
INSERT INTO "wushe_words" VALUES(4,'f13ec8423e20a34480ebcb760052a7e0','8de12f4baa020acd759210772a0af042','{"because":"敲门行动","id":"e-1","payload":{"n":1}}');
CREATE INDEX wushe_events_stream ON wushe_events (stream);
CREATE INDEX wushe_events_ref ON wushe_events (ref) WHERE ref IS NOT NULL;
CREATE INDEX wushe_words_ref ON wushe_words (ref);
CREATE INDEX wushe_state_k1 ON wushe_state (kind, k1) WHERE k1 IS NOT NULL;
CREATE INDEX wushe_state_k2 ON wushe_state (kind, k2) WHERE k2 IS NOT NULL;
CREATE INDEX wushe_state_k3 ON wushe_state (kind, k3) WHERE k3 IS NOT NULL;
CREATE INDEX wushe_state_k4 ON wushe_state (kind, k4) WHERE k4 IS NOT NULL;
COMMIT;
